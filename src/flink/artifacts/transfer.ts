import { createHash } from "node:crypto";
import { backoffDelay } from "../../runtime/backoff.ts";
import { type Clock, sleep } from "../../runtime/clock.ts";
import { ArtifactError } from "./api.ts";
import { asArtifactError } from "./failure.ts";
import type { Remote, RemoteAnswer } from "./remote.ts";

export interface Retries {
  readonly clock: Clock;
  /** Consecutive attempts without progress. */
  readonly maxAttempts: number;
  readonly floorMs: number;
  readonly random: () => number;
}

/** Retries transient failures with a back-off. */
export async function withRetries<T>(
  retries: Retries,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isRetryable(error) || failures >= retries.maxAttempts || signal.aborted) throw error;
      await pause(retries, failures, signal);
    }
  }
}

const isRetryable = (error: unknown): boolean =>
  error instanceof ArtifactError && error.code === "unavailable";

const pause = ({ clock, floorMs, random }: Retries, failures: number, signal: AbortSignal): Promise<void> =>
  sleep(clock, backoffDelay({ floorMs, capMs: 20 * floorMs, factor: 2 }, failures, random), signal);

export interface Transfer {
  readonly remote: Remote;
  readonly label: string;
  readonly signal: AbortSignal;
  readonly retries: Retries;
}

/**
 * The whole jar, starting with `first`. A broken transfer is resumed where it stopped, if the source confirms that the
 * content is unchanged. Otherwise this throws, and the caller must start again.
 */
export async function* resumingBody(first: RemoteAnswer, transfer: Transfer): AsyncGenerator<Uint8Array> {
  const { remote, label, signal, retries } = transfer;
  const { validator } = first;
  let answer = first;
  let offset = 0;
  let triesWithoutProgress = 0;
  for (;;) {
    const began = offset;
    try {
      for await (const chunk of answer.body) {
        offset += chunk.length;
        yield chunk;
      }
      if (answer.size === undefined || offset >= answer.size) return;
      throw new ArtifactError("unavailable", `${label} ended after ${offset} of ${answer.size} bytes`);
    } catch (error) {
      const failure = asArtifactError(signal.aborted ? signal.reason : error, label);
      triesWithoutProgress = offset === began ? triesWithoutProgress + 1 : 0;
      if (!isRetryable(failure) || validator === undefined || triesWithoutProgress >= retries.maxAttempts)
        throw failure;
    }
    await pause(retries, triesWithoutProgress + 1, signal);
    answer = await withRetries(retries, signal, () => remote.get({ offset, validator }, signal));
    if (answer.offset !== offset) {
      throw new ArtifactError("unavailable", `${label} is another file than a moment ago`);
    }
  }
}

export interface Expected {
  readonly label: string;
  /** The field that has the checksum. */
  readonly field: string;
  readonly maxBytes: number;
  readonly maxBytesOption: string;
  readonly sha256: string | undefined;
}

/** The first answer of a source. Throws if the jar is too large by its declared size. */
export async function openTransfer(
  { remote, retries, signal }: Transfer,
  expected: Expected,
): Promise<RemoteAnswer> {
  const first = await withRetries(retries, signal, () => remote.get({ offset: 0 }, signal));
  const { label, maxBytes, maxBytesOption } = expected;
  if ((first.size ?? 0) > maxBytes) {
    first.discard();
    throw tooLarge(`${label} has ${first.size} bytes`, maxBytes, maxBytesOption);
  }
  return first;
}

const tooLarge = (what: string, maxBytes: number, option: string): ArtifactError =>
  new ArtifactError(
    "too-large",
    `${what}, and at most ${maxBytes} are taken: make the jar smaller, or allow more with the operator's option ${option}`,
  );

/** Passes the bytes through, and throws at the end if they are not as expected. */
export async function* verified(
  body: AsyncIterable<Uint8Array>,
  expected: Expected,
): AsyncGenerator<Uint8Array> {
  const { label, field, maxBytes, maxBytesOption, sha256 } = expected;
  const hash = sha256 === undefined ? undefined : createHash("sha256");
  let size = 0;
  let head = Buffer.alloc(0);
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(`${label} has more than ${maxBytes} bytes`, maxBytes, maxBytesOption);
    if (head.length < 2) {
      head = Buffer.concat([head, chunk.subarray(0, 2)]);
      if (head.length >= 2) checkBeginning(head, label);
    }
    hash?.update(chunk);
    yield chunk;
  }
  if (head.length < 2) throw notAJar(label, `has ${size} bytes`);
  const found = hash?.digest("hex");
  if (found !== sha256) {
    throw new ArtifactError(
      "wrong-checksum",
      `${label} has the SHA-256 checksum ${found}, and ${field} says ${sha256}: one of the two has changed`,
    );
  }
}

/** Detects a login page, or an error with a success status. Some jars begin with a script ("#!"). */
function checkBeginning(head: Buffer, label: string): void {
  const text = head.toString("latin1", 0, 2);
  if (text !== "PK" && text !== "#!")
    throw notAJar(label, `begins with ${JSON.stringify(text)} where a jar has "PK"`);
}

const notAJar = (label: string, why: string): ArtifactError =>
  new ArtifactError("not-a-jar", `${label} is no jar: it ${why}`);
