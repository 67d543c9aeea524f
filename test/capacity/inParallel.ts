/** As many requests at a time as the bench has in flight: enough to keep an API server of two cores busy. */
const atATime = 16;

/** Calls `work` for each item, a bounded number at a time, in order of the items. Rejects with the first error. */
export async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}
