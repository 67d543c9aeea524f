import { readFileSync } from "node:fs";

/** The kubelet updates a mounted Secret within a minute or two. */
const readIntervalMs = 30_000;

/**
 * Reads the Authorization header from a file with "user:password", for JobManagers behind a proxy that requires it. The file
 * may be replaced at any time. While it cannot be read, the last value is used.
 */
export function basicAuthorization(
  path: string | undefined,
  now: () => number = () => performance.now(),
): () => string | undefined {
  let header: string | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (path === undefined || path === "" || now() - readAt < readIntervalMs) return header;
    readAt = now();
    try {
      const text = readFileSync(path, "utf8").trim();
      header = text === "" ? undefined : `Basic ${Buffer.from(text, "utf8").toString("base64")}`;
    } catch {
      // The proxy then answers 401, which is reported.
    }
    return header;
  };
}
