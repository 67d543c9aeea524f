import { expect, it } from "vitest";
import { parseRecording, type Recording } from "../../controllers/recording/recording.ts";
import { newestOf } from "./operatorPods.ts";

const recording = {
  format: 1,
  operatorVersion: "1",
  logFiles: {},
  configurations: [{}],
  passes: [1, 2, 3].map((now) => ({ now, text: "ä".repeat(100) })),
} as unknown as Recording;
const whole = newestOf(recording, 1_000_000);
const kept = (maxBytes: number): number[] => {
  const text = newestOf(recording, maxBytes);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(Math.max(maxBytes, 100));
  return parseRecording(text).passes.map(({ now }) => now);
};

it("leaves the oldest passes of a recording out that has no room", () => {
  const bytes = Buffer.byteLength(whole);
  expect(kept(bytes + 1)).toEqual([1, 2, 3]);
  expect(kept(bytes - 10)).toEqual([2, 3]);
  expect(kept(bytes - 300)).toEqual([3]);
  expect(kept(10)).toEqual([]);
});
