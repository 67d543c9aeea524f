import { gunzipSync, gzipSync } from "node:zlib";

/** The compressed entries of the stored state: gzip, then base64. */

const gzipOperatingSystem = 9;
/** No entry is larger in the reference either: a ConfigMap has at most 1 MiB. What expands further is no state. */
const maxBytes = 64 * 1024 * 1024;

export function compressText(text: string): string {
  const bytes = gzipSync(text);
  // Unknown, as Java writes it, so that the text does not depend on the machine.
  bytes[gzipOperatingSystem] = 0;
  return bytes.toString("base64");
}

/** A text that is not compressed is what it is: the Java operator reads plain YAML too. */
export function decompressText(text: string): string {
  try {
    return gunzipSync(Buffer.from(text, "base64"), { maxOutputLength: maxBytes }).toString("utf8");
  } catch {
    return text;
  }
}
