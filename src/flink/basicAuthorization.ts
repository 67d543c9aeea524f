import { readFileSync } from "node:fs";

/** A mounted Secret is replaced within a minute or two. */
const readEveryMs = 30_000;

/**
 * The Authorization header from a file that holds "user:password", for JobManagers behind a proxy that asks for it. The file
 * may be replaced at any time; while it cannot be read, what was read last counts.
 */
export function basicAuthorization(
  path: string | undefined,
  now: () => number = () => performance.now(),
): () => string | undefined {
  let header: string | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (path === undefined || path === "" || now() - readAt < readEveryMs) return header;
    readAt = now();
    try {
      const text = readFileSync(path, "utf8").trim();
      header = text === "" ? undefined : `Basic ${Buffer.from(text, "utf8").toString("base64")}`;
    } catch {
      // Flink's answer, a 401, says what is missing.
    }
    return header;
  };
}
