import { expect, it } from "vitest";
import {
  formatData,
  formatSections,
  formatTable,
  printable,
  shown,
  showsColours,
  terminalColours,
} from "../../views/format.ts";
import { errorText } from "./commandError.ts";

const clear = "\u001b[2J\u001b]0;owned\u0007\u009b2J\u007f";
const escaped = "\\u001b[2J\\u001b]0;owned\\u0007\\u009b2J\\u007f";

it("control characters of a cluster do not reach the terminal", () => {
  expect(printable(`a${clear}b\n`)).toBe(`a${escaped}b\n`);
  expect(printable(`a${clear}b\n`, true)).toBe(`a${escaped}b\n`);
  expect(errorText(new Error(`a${clear}\nb`))).toBe(`a${escaped} b`);
});

it("colours reach a terminal only", () => {
  const red = terminalColours("red", "x");
  expect(printable(red, true)).toBe("\u001b[31mx\u001b[0m");
  expect(printable(red)).toBe("\\u001b[31mx\\u001b[0m");
  expect(printable("\u001b[41mx", true)).toBe("\\u001b[41mx");
});

it.each([
  [true, undefined, true],
  [true, "", true],
  [true, "1", false],
  [undefined, undefined, false],
])("with a terminal %s and NO_COLOR %j, colours are %s", (isTerminal, noColor, expected) => {
  expect(showsColours(isTerminal, noColor)).toBe(expected);
});

it("a text of a cluster adds no lines, and is shown without secrets", () => {
  expect(shown("one\r\n  two\tthree")).toBe("one two three");
  expect(formatTable(["A", "B"], [["x\nForged: y", "password=hunter2"]])).toBe(
    "A             B\nx Forged: y   password=******\n",
  );
  expect(formatSections([["T", ["x\nForged:\n  https://u:hunter2@h"]]])).toBe(
    "T:\n  x Forged: https://******@h\n",
  );
  expect(formatData([{ message: "token=hunter2", count: 1 }], "yaml")).toBe(
    "- message: token=******\n  count: 1\n",
  );
});
