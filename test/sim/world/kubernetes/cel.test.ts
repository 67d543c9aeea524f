import { expect, test } from "vitest";
import { compileCel } from "./cel.ts";

const variables = {
  self: { name: "a'b", count: 2, files: { "x.properties": "", y: "" }, job: { state: "running" } },
};

test.each([
  ["self.count >= 1 && self.count < 3", true],
  ["!has(self.job) || has(self.job.state)", true],
  ["has(self.nothing) ? self.nothing.at.all : 'none' == 'none'", true],
  ["self.job.state in ['running', 'suspended']", true],
  ["self.files.all(file, file in ['y'])", false],
  ["self.name.matches('^[a-z]\\'b$')", true],
  ["!(self.count == 2) || self.count != 2", false],
  ["self.nothing == 1", Error],
  ["self.count", 2],
  ["self.name.lowerAscii() == 'x'", Error],
])("%s", (rule, expected) => {
  const result = () => compileCel(rule)(variables);
  if (expected === Error) expect(result).toThrow();
  else expect(result()).toBe(expected);
});
