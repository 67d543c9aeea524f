import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "./lines.ts";

async function* chunked(bytes: Uint8Array, sizes: number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function collect(bytes: Uint8Array, sizes: number[] = []): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(chunked(bytes, sizes))) lines.push(line);
  return lines;
}

test("the lines do not depend on the chunks, with characters of one to four bytes", async () => {
  const line = fc.string({ unit: fc.constantFrom("a", "é", "日", "🚀", "\r", "{"), minLength: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(5)), async (lines, sizes) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
      expect(await collect(bytes, sizes)).toEqual(lines);
    }),
  );
});

test("a truncated last line is an error", async () => {
  await expect(collect(Buffer.from('{"a":1}\n{"b":'), [3, 5])).rejects.toMatchObject({
    status: 0,
    reason: "Truncated",
  });
});

test("empty lines are skipped", async () => {
  expect(await collect(Buffer.from("\na\n\n"))).toEqual(["a"]);
});
