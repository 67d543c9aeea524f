import { expect, test } from "vitest";
import { formatJson, parseJson } from "./exactJson.ts";

test.each([
  '{"a":9223372036854775807,"b":[-9223372036854775808,9007199254740993],"c":1}',
  '{"text":": 1234567890123456789","n":1.5}',
])("keeps every digit of %s", (text) => {
  expect(formatJson(parseJson(text))).toBe(text);
});

test("an integer with more than 64 bits is a double, as in the API server", () => {
  expect(parseJson('{"a":18446744073709551616}')).toEqual({ a: 18446744073709552000 });
});

test("a number that JavaScript represents exactly is a number", () => {
  expect(parseJson('{"a":9007199254740991,"b":1234567890123456.5}')).toEqual({
    a: 9007199254740991,
    b: 1234567890123456.5,
  });
});
