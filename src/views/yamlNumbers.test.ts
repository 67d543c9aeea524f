import { expect, test } from "vitest";
import { readObjects } from "./manifest.ts";

/** The values that kubectl's YAML library returns. */
test.each<[string, unknown]>([
  ["017", 15],
  ["0o17", 15],
  ["0x1F", 31],
  ["0b11", 3],
  ["1_000", 1_000],
  ["685_230.15", 685230.15],
  ["+1", 1],
  ["-0", 0],
  ["08", 8],
  ["1e3", 1_000],
  ["1.", 1],
  ["-.5", -0.5],
  ["12e03", 12_000],
  ["1e400", "1e400"],
  ["9223372036854775807", 9223372036854775807n],
  ["-9007199254740993", -9007199254740993n],
  ["18446744073709551616", 18446744073709552000],
  ["2024-01-01", "2024-01-01"],
  ["12:30", "12:30"],
  ["_1", "_1"],
  ["0b12", "0b12"],
  ['"017"', "017"],
  ["yes", true],
  ["Off", false],
])("%s has the same value as in kubectl", (text, value) => {
  expect(readObjects(`value: ${text}`)).toEqual([{ value }]);
});
