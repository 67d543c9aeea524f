import type { RestEndpoint, Submission } from "../../api/flinkFacts.ts";
import { type FlinkRest, FlinkRestError } from "../api.ts";
import { type Artifact, ArtifactError, type Artifacts } from "./api.ts";

/**
 * Brings a jar to a JobManager and runs it there. Done once or several times for the same job id, one job is the result: what
 * the JobManager has already is as good as started. The jar does not stay. Rejects with an ArtifactError or a FlinkRestError.
 */
export async function submitJar(
  rest: FlinkRest,
  artifacts: Artifacts,
  at: RestEndpoint,
  { jarURI, headers, run, deadlineMs }: Submission,
  signal: AbortSignal,
): Promise<void> {
  const artifact = jarURI === undefined ? emptyJar : await artifacts.open(jarURI, { headers, signal });
  const jarId = await upload(rest, artifact, at, deadlineMs).finally(() => artifact.close());
  try {
    if (signal.aborted) throw new ArtifactError("unavailable", "the job is not wanted any more");
    await rest.runJar(at, jarId, run, deadlineMs);
  } finally {
    // Whether it could be deleted says nothing about the job.
    await rest.deleteJar(at, jarId).catch(() => {});
  }
}

/**
 * Fetches a jar to its last byte, as a submission would, and throws it away: where it has a checksum, it stays in the cache
 * for the submission. Rejects with an ArtifactError.
 */
export async function fetchJar(
  artifacts: Artifacts,
  { jarURI, headers }: Submission,
  signal: AbortSignal,
): Promise<void> {
  if (jarURI === undefined) return;
  const artifact = await artifacts.open(jarURI, { headers, signal });
  try {
    for await (const _ of artifact.body);
  } finally {
    await artifact.close();
  }
}

/** What went wrong with the jar is told as that, and not as an upload that broke off. */
async function upload(
  rest: FlinkRest,
  artifact: Artifact,
  at: RestEndpoint,
  deadlineMs: number,
): Promise<string> {
  try {
    return await rest.uploadJar(at, artifact, deadlineMs);
  } catch (error) {
    if (error instanceof FlinkRestError && error.cause instanceof ArtifactError) throw error.cause;
    throw error;
  }
}

/** A zip file without entries: all that Flink asks of a jar is that Java can open it. */
const emptyZip = Buffer.concat([Buffer.from("PK\u0005\u0006"), Buffer.alloc(18)]);

const emptyJar: Artifact = {
  name: "empty.jar",
  size: emptyZip.length,
  body: {
    async *[Symbol.asyncIterator]() {
      yield emptyZip;
    },
  },
  close: async () => {},
};
