import { randomUUID } from "node:crypto";
import type { JarUpload } from "./api.ts";
import type { StreamedBody } from "./exchange.ts";

/** The multipart form with one file for POST /jars/upload (Flink's FileUploadHandler), as a stream. */
export function jarForm({ name, size, body }: JarUpload): StreamedBody {
  const boundary = `jar-${randomUUID()}`;
  const head = Buffer.from(
    `--${boundary}\r\n` +
      `Content-Disposition: form-data; name="jarfile"; filename="${safeFileName(name)}"\r\n` +
      "Content-Type: application/x-java-archive\r\n\r\n",
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    length: size === undefined ? undefined : head.length + size + tail.length,
    chunks: (async function* () {
      yield head;
      yield* body;
      yield tail;
    })(),
  };
}

/** The name becomes part of a file name in the JobManager, and of a header. */
const safeFileName = (name: string): string => name.replace(/[^\w.+@=-]/g, "_");
