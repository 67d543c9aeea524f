/** A concurrency limit, first come, first served. */
export interface Slots {
  /** Resolves to a function that releases the slot (idempotent). Rejects with the reason of the signal. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createSlots(count: () => number): Slots {
  let taken = 0;
  const waiting: (() => void)[] = [];

  function release(): void {
    taken -= 1;
    if (taken < count()) waiting.shift()?.();
  }

  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        const give = () => {
          signal.removeEventListener("abort", leave);
          taken += 1;
          let held = true;
          resolve(() => {
            if (held) release();
            held = false;
          });
        };
        const leave = () => {
          const place = waiting.indexOf(give);
          if (place >= 0) waiting.splice(place, 1);
          reject(signal.reason);
        };
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener("abort", leave, { once: true });
        if (taken < count()) give();
        else waiting.push(give);
      }),
  };
}
