/** The tops of items of these heights, and at the end the height of all of them. */
export function topsOf(heights: Iterable<number>): number[] {
  const tops = [0];
  let top = 0;
  for (const height of heights) {
    top += height;
    tops.push(top);
  }
  return tops;
}

/** The items from `first` to before `end` are drawn. */
export interface VirtualWindow {
  readonly first: number;
  readonly end: number;
}

/** The items that `from` to `to` touches, and so many more at both ends. */
export function windowOf(tops: readonly number[], from: number, to: number, more: number): VirtualWindow {
  const count = tops.length - 1;
  const first = Math.max(0, itemAt(tops, from) - more);
  const end = Math.min(count, itemAt(tops, to) + 1 + more);
  return { first: Math.min(first, count), end: Math.max(end, 0) };
}

/** The last item whose top is not below `y`. */
function itemAt(tops: readonly number[], y: number): number {
  let [low, high] = [0, tops.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] as number) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}
