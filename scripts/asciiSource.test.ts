import { expect, it } from "vitest";
import { asciiSource } from "./asciiSource.ts";

const evaluated = (source: string): unknown => new Function(`return ${source}`)();

it("keeps what a regular expression means", () => {
  for (const source of ["/(us|µs|ms)/", "/^(🙂|x)$/", "/^🙂$/u", "/[é🙂]/u"]) {
    const ascii = asciiSource(source);
    expect(ascii).toMatch(/^\p{ASCII}*$/u);
    const [before, after] = [evaluated(source), evaluated(ascii)] as [RegExp, RegExp];
    for (const text of ["µs", "🙂", "é", "?", "?s"]) expect(after.test(text)).toBe(before.test(text));
  }
});

it("keeps a comment one", () => {
  expect(evaluated(asciiSource("1 /* … */ + 1 // µ"))).toBe(2);
});
