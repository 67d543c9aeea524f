import { createHash } from "node:crypto";
import { backoffDelay } from "../../runtime/backoff.ts";
import { type Clock, sleep } from "../../runtime/clock.ts";
import { ArtifactError } from "./api.ts";
import { asArtifactError } from "./failure.ts";
import type { Remote, RemoteAnswer } from "./remote.ts";

export interface Retries {
  readonly clock: Clock;
  /** Tries in a row that bring nothing. */
  readonly most: number;
  readonly floorMs: number;
  readonly random: () => number;
}

/** Tries again what may pass, after ever longer pauses. */
export async function withRetries<T>(
  retries: Retries,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayPass(error) || failures >= retries.most || signal.aborted) throw error;
      await pause(retries, failures, signal);
    }
  }
}

const mayPass = (error: unknown): boolean => error instanceof ArtifactError && error.code === "unavailable";

const pause = ({ clock, floorMs, random }: Retries, failures: number, signal: AbortSignal): Promise<void> =>
  sleep(clock, backoffDelay({ floorMs, capMs: 20 * floorMs, factor: 2 }, failures, random), signal);

export interface Transfer {
  readonly remote: Remote;
  readonly said: string;
  readonly signal: AbortSignal;
  readonly retries: Retries;
}

/**
 * All of the jar that `first` is the beginning of. What breaks off is taken up again where it stopped, if the source says
 * that it is still the same content; otherwise the error is the caller's, who has to begin anew.
 */
export async function* whole(first: RemoteAnswer, transfer: Transfer): AsyncGenerator<Uint8Array> {
  const { remote, said, signal, retries } = transfer;
  const { validator } = first;
  let answer = first;
  let offset = 0;
  let fruitless = 0;
  for (;;) {
    const began = offset;
    try {
      for await (const chunk of answer.body) {
        offset += chunk.length;
        yield chunk;
      }
      if (answer.size === undefined || offset >= answer.size) return;
      throw new ArtifactError("unavailable", `${said} ended after ${offset} of ${answer.size} bytes`);
    } catch (error) {
      const failure = asArtifactError(signal.aborted ? signal.reason : error, said);
      fruitless = offset === began ? fruitless + 1 : 0;
      if (!mayPass(failure) || validator === undefined || fruitless >= retries.most) throw failure;
    }
    await pause(retries, fruitless + 1, signal);
    answer = await withRetries(retries, signal, () => remote.get({ offset, validator }, signal));
    if (answer.offset !== offset) {
      throw new ArtifactError("unavailable", `${said} is another file than a moment ago`);
    }
  }
}

export interface Expected {
  readonly said: string;
  readonly maxBytes: number;
  readonly maxBytesOption: string;
  readonly sha256: string | undefined;
}

/** The first answer of a source that is there and whose jar is not too large already by what it says. */
export async function begin(
  { remote, retries, signal }: Transfer,
  expected: Expected,
): Promise<RemoteAnswer> {
  const first = await withRetries(retries, signal, () => remote.get({ offset: 0 }, signal));
  const { said, maxBytes, maxBytesOption } = expected;
  if ((first.size ?? 0) > maxBytes) {
    first.discard();
    throw tooLarge(`${said} has ${first.size} bytes`, maxBytes, maxBytesOption);
  }
  return first;
}

const tooLarge = (what: string, maxBytes: number, option: string): ArtifactError =>
  new ArtifactError(
    "too-large",
    `${what}, and at most ${maxBytes} are taken: make the jar smaller, or allow more with the operator's option ${option}`,
  );

/** The same bytes, and an error after the last of them where they are not what was expected. */
export async function* checked(
  body: AsyncIterable<Uint8Array>,
  expected: Expected,
): AsyncGenerator<Uint8Array> {
  const { said, maxBytes, maxBytesOption, sha256 } = expected;
  const hash = sha256 === undefined ? undefined : createHash("sha256");
  let size = 0;
  let head = Buffer.alloc(0);
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(`${said} has more than ${maxBytes} bytes`, maxBytes, maxBytesOption);
    if (head.length < 2) {
      head = Buffer.concat([head, chunk.subarray(0, 2)]);
      if (head.length >= 2) checkBeginning(head, said);
    }
    hash?.update(chunk);
    yield chunk;
  }
  if (head.length < 2) throw notAJar(said, `has ${size} bytes`);
  const found = hash?.digest("hex");
  if (found !== sha256) {
    throw new ArtifactError(
      "wrong-checksum",
      `${said} has the SHA-256 checksum ${found}, and spec.job.jarURI says ${sha256}: one of the two has changed`,
    );
  }
}

/** A login page, or an error that a server sends with the status of a success. Some jars begin with a script. */
function checkBeginning(head: Buffer, said: string): void {
  const text = head.toString("latin1", 0, 2);
  if (text !== "PK" && text !== "#!")
    throw notAJar(said, `begins with ${JSON.stringify(text)} where a jar has "PK"`);
}

const notAJar = (said: string, why: string): ArtifactError =>
  new ArtifactError("not-a-jar", `${said} is no jar: it ${why}`);
