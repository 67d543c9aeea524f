import { type FileHandle, open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { type ApiRequest, type Counts, readAuditLine } from "./audit.ts";

/** Bytes that are read of the log at a time. */
const chunkBytes = 1024 * 1024;

/** The API server's log of requests, counted as it grows. */
export interface AuditLog {
  /** Requests of the operator so far but for watches, which stay open for minutes, by what they were. */
  requests(): Promise<Counts>;
  /** Calls `onRequest` for each request of the operator that is read from now on. */
  follow(onRequest: (request: ApiRequest) => void): () => void;
  close(): Promise<void>;
}

/** `user`: the operator's. The log of a whole run is read once and never kept. */
export async function openAuditLog(path: string, user: string): Promise<AuditLog> {
  const file: FileHandle = await open(path, "r");
  const buffer = Buffer.alloc(chunkBytes);
  const decoder = new StringDecoder("utf8");
  const counts: Record<string, number> = {};
  const followers = new Set<(request: ApiRequest) => void>();
  let rest = "";

  function count(line: string): void {
    const request = readAuditLine(line);
    if (request?.user !== user || request.isWatch) return;
    counts[request.what] = (counts[request.what] ?? 0) + 1;
    for (const onRequest of followers) onRequest(request);
  }

  async function readOn(): Promise<void> {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes, null);
      if (bytesRead === 0) return;
      const lines = (rest + decoder.write(buffer.subarray(0, bytesRead))).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) count(line);
    }
  }

  // One reader at a time: two would take turns with parts of a line.
  let reading: Promise<void> = Promise.resolve();
  const readAll = () => {
    reading = reading.then(readOn);
    return reading;
  };

  return {
    async requests() {
      await readAll();
      return { ...counts };
    },
    follow(onRequest) {
      followers.add(onRequest);
      return () => followers.delete(onRequest);
    },
    async close() {
      await reading;
      await file.close();
    },
  };
}
