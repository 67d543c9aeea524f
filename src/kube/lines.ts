import { KubeError } from "./errors.ts";

const newline = 0x0a;

/**
 * Splits a byte stream into lines. Works on bytes, since a chunk may end within a UTF-8 character. A last line without a
 * newline is truncated, which is an error.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      pending.push(chunk.subarray(start, end));
      const line = decode(pending);
      pending = [];
      start = end + 1;
      if (line !== "") yield line;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
  if (pending.length > 0) {
    throw new KubeError(
      0,
      "Truncated",
      `the stream ended in the middle of a line: ${decode(pending).slice(0, 60)}…`,
    );
  }
}

function decode(parts: Uint8Array[]): string {
  const [only] = parts;
  const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
