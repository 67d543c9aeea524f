import type { Clock } from "../../../src/runtime/clock.ts";

interface Timer {
  at: number;
  /** Breaks ties: timers with the same due time run in the order of their creation. */
  order: number;
  run: (() => void) | undefined;
}

/**
 * Virtual time. Nothing happens between two timers, so a wait of minutes takes as long as a wait of milliseconds. All
 * promises settle before the next timer runs.
 */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #heap: Timer[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    // Like setTimeout: an invalid delay is 0. Like the machine's clock: whole milliseconds.
    const delay = Number.isFinite(ms) && ms > 0 ? Math.ceil(ms) : 0;
    const timer: Timer = { at: this.#now + delay, order: this.#order++, run };
    push(this.#heap, timer);
    return () => {
      timer.run = undefined;
    };
  }

  /** Runs until `done` holds or `deadline` (virtual milliseconds) has passed. Returns whether `done` holds. */
  async runUntil(done: () => boolean, deadline: number): Promise<boolean> {
    await this.#settle();
    while (!done()) {
      const timer = this.#next(deadline);
      if (timer === undefined) {
        this.#now = Math.max(this.#now, deadline);
        return false;
      }
      this.#now = timer.at;
      timer.run?.();
      await this.#settle();
    }
    return true;
  }

  async runFor(ms: number): Promise<void> {
    await this.runUntil(() => false, this.#now + ms);
  }

  #next(deadline: number): Timer | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.at > deadline) return undefined;
      pop(this.#heap);
      if (first.run !== undefined) return first;
    }
  }

  /** A turn of the event loop empties the queue of promises. Timers that were created in it require another turn. */
  async #settle(): Promise<void> {
    let before: number;
    do {
      before = this.#order;
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (this.#order !== before);
  }
}

/** The clock of one process: when the process is killed, its timers never fire. */
export class ProcessClock implements Clock {
  readonly #clock: Clock;
  #alive = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get alive(): boolean {
    return this.#alive;
  }

  now(): number {
    return this.#clock.now();
  }

  after(ms: number, run: () => void): () => void {
    if (!this.#alive) return () => {};
    return this.#clock.after(ms, () => {
      if (this.#alive) run();
    });
  }

  kill(): void {
    this.#alive = false;
  }
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

const push = (heap: Timer[], timer: Timer): void => {
  let at = heap.length;
  heap.push(timer);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Timer;
    if (!before(timer, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = timer;
};

const pop = (heap: Timer[]): void => {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    const right = child + 1;
    if (right < heap.length && before(heap[right] as Timer, heap[child] as Timer)) child = right;
    const below = heap[child] as Timer;
    if (!before(below, last)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
};
