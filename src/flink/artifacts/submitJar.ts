import type { RestEndpoint, Submission } from "../../api/flinkFacts.ts";
import { type FlinkRest, FlinkRestError } from "../api.ts";
import { type Artifact, ArtifactError, type Artifacts } from "./api.ts";

/**
 * Uploads a jar to a JobManager, runs it and deletes it. Idempotent by job id: a job that the JobManager already has counts
 * as started. Rejects with an ArtifactError or a FlinkRestError.
 */
export async function submitJar(
  rest: FlinkRest,
  artifacts: Artifacts,
  at: RestEndpoint,
  { jarURI, ownJar, headers, run, deadlineMs }: Submission,
  signal: AbortSignal,
): Promise<void> {
  const artifact = jarURI === undefined ? jarOf(ownJar) : await artifacts.open(jarURI, { headers, signal });
  await withUploaded(rest, artifact, at, deadlineMs, async (jarId) => {
    if (signal.aborted) throw new ArtifactError("unavailable", "the job is not wanted any more");
    await rest.runJar(at, jarId, run, deadlineMs);
  });
}

/**
 * Has a JobManager check an SQL script, unless aborted. Nothing is started, so it can be repeated. Resolves to the outcome
 * (FlinkRest.checkScript), and rejects with a FlinkRestError.
 */
export const checkScript = (
  rest: FlinkRest,
  at: RestEndpoint,
  { ownJar, run, deadlineMs }: Submission,
  signal: AbortSignal,
): Promise<string> =>
  withUploaded(rest, jarOf(ownJar), at, deadlineMs, async (jarId) => {
    signal.throwIfAborted();
    return rest.checkScript(at, jarId, run, deadlineMs);
  });

/** Uploads a jar, and deletes it at the end. */
async function withUploaded<Result>(
  rest: FlinkRest,
  artifact: Artifact,
  at: RestEndpoint,
  deadlineMs: number,
  use: (jarId: string) => Promise<Result>,
): Promise<Result> {
  let jarId: string;
  try {
    jarId = await upload(rest, artifact, at, deadlineMs);
  } finally {
    await artifact.close();
  }
  try {
    return await use(jarId);
  } finally {
    // A failed deletion does not affect the job.
    await rest.deleteJar(at, jarId).catch(() => {});
  }
}

const jarOf = (own: Submission["ownJar"]): Artifact =>
  own === undefined ? emptyJar : inMemory(own.name, Buffer.from(own.base64, "base64"));

/**
 * Fetches whole jars, as a submission or the pods of an application do, and discards them. The jar of a session job stays in the
 * cache if it has a checksum. Rejects with an ArtifactError; of several, with one that holds for the pods, too.
 */
export async function fetchJar(
  artifacts: Artifacts,
  { jarURI, jars = [], headers }: Submission,
  signal: AbortSignal,
): Promise<void> {
  if (jarURI !== undefined) await discard(await artifacts.open(jarURI, { headers, signal }));
  let doubtful: unknown;
  for (const { field, uri, isDeployed } of jars) {
    try {
      const artifact = await artifacts.open(uri, { headers, signal, field, fromSource: true });
      await (isDeployed ? artifact.close() : discard(artifact));
    } catch (error) {
      if (!(error instanceof ArtifactError) || error.doubt === undefined) throw error;
      doubtful ??= error;
    }
  }
  if (doubtful !== undefined) throw doubtful;
}

async function discard(artifact: Artifact): Promise<void> {
  try {
    for await (const _ of artifact.body);
  } finally {
    await artifact.close();
  }
}

/** Rejects with the error of the jar itself, not with that of the upload that it broke. */
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

/** A zip file without entries. Flink only requires that Java can open the jar. */
const emptyZip = Buffer.concat([Buffer.from("PK\u0005\u0006"), Buffer.alloc(18)]);

const inMemory = (name: string, content: Buffer): Artifact => ({
  name,
  size: content.length,
  body: {
    async *[Symbol.asyncIterator]() {
      yield content;
    },
  },
  close: async () => {},
});

const emptyJar = inMemory("empty.jar", emptyZip);
