import { createValue, useValue } from "../state/value.ts";

const EVERY_MS = 5000;

/** The time to which ages are told, in milliseconds: one clock for all of them. */
const now = createValue(Date.now());

export function startClock(): void {
  setInterval(() => {
    if (document.visibilityState === "visible") now.set(Date.now());
  }, EVERY_MS);
  document.addEventListener("visibilitychange", () => now.set(Date.now()));
}

export const useNow = (): number => useValue(now);
