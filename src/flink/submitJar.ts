import type { RestEndpoint, Submission } from "../api/flinkFacts.ts";
import type { FlinkRest, JarUpload } from "./api.ts";

/** Where jars come from. */
export interface JarSource {
  open(
    uri: string,
    request: { readonly headers: ReadonlyMap<string, string>; readonly signal?: AbortSignal },
  ): Promise<JarUpload & { close(): Promise<void> }>;
}

/**
 * Has a JobManager run a jar: from its source to the JobManager without being held in between, run under the job id that
 * the submission names, and deleted there whatever became of it (REFERENCE 1.17).
 */
export async function submitJar(
  rest: Pick<FlinkRest, "uploadJar" | "runJar" | "deleteJar">,
  source: JarSource,
  at: RestEndpoint,
  { jarURI, headers, deadlineMs, run }: Submission,
): Promise<"accepted" | "duplicate"> {
  const jarId = await upload();
  try {
    return await rest.runJar(at, jarId, run, deadlineMs);
  } finally {
    // It would only take up room: what runs has its own copy.
    await rest.deleteJar(at, jarId).catch(() => undefined);
  }

  async function upload(): Promise<string> {
    if (jarURI === undefined) return rest.uploadJar(at, emptyJar, deadlineMs);
    const jar = await source.open(jarURI, { headers });
    try {
      return await rest.uploadJar(at, jar, deadlineMs);
    } finally {
      await jar.close();
    }
  }
}

/** A zip file without an entry: for a job whose class is in the image. */
const endOfCentralDirectory = Uint8Array.from([0x50, 0x4b, 5, 6, ...new Array(18).fill(0)]);

const emptyJar: JarUpload = {
  name: "empty.jar",
  size: endOfCentralDirectory.length,
  body: {
    async *[Symbol.asyncIterator]() {
      yield endOfCentralDirectory;
    },
  },
};
