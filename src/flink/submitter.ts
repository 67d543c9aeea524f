import type { RestEndpoint, Submission, SubmissionFacts } from "../api/flinkFacts.ts";
import type { Clock } from "../runtime/clock.ts";
import { FlinkRestError } from "./api.ts";
import { ArtifactError } from "./artifacts/api.ts";

/**
 * Submits session jobs in the background, so that no reconcile waits for a download, an upload or a main method. The result
 * is read synchronously, like the poller's facts.
 */
export interface Submitter<At = RestEndpoint> {
  /** Starts a submission, unless one of the same job is in progress. */
  submit(key: string, at: At, submission: Submission): void;
  /** The state of the newest submission by this process. */
  facts(key: string): SubmissionFacts | undefined;
  remove(key: string): void;
  /** How many submissions are known or wait. */
  readonly size: number;
}

export interface SubmitterOptions<At = RestEndpoint> {
  /**
   * Fetches the jar, uploads it, runs it and deletes it, unless aborted. A string that it resolves to is kept as the answer. Rejects with
   * any error.
   */
  submitJar(at: At, submission: Submission, signal: AbortSignal): Promise<unknown>;
  clock: Clock;
  /** Called when the state of a submission has changed. */
  onChange(key: string): void;
  /** How many submissions run at once. Each holds sockets and buffers. */
  maxAtOnce?: number;
}

interface PendingSubmission<At> {
  readonly key: string;
  readonly at: At;
  readonly submission: Submission;
}

/** What a submission has come to. */
type Ended = { readonly error: unknown } | { readonly answer: string | undefined };

export function createSubmitter<At = RestEndpoint>({
  submitJar,
  clock,
  onChange,
  maxAtOnce = 4,
}: SubmitterOptions<At>): Submitter<At> {
  const known = new Map<string, SubmissionFacts>();
  const waiting: PendingSubmission<At>[] = [];
  let running = 0;

  function admit(): void {
    while (running < maxAtOnce) {
      const pending = waiting.shift();
      if (pending === undefined) return;
      running += 1;
      void perform(pending).finally(() => {
        running -= 1;
        admit();
      });
    }
  }

  async function perform(pending: PendingSubmission<At>): Promise<void> {
    const { jobId } = pending.submission.run;
    const tries = failuresOf(known.get(pending.key), jobId);
    const outcome = await outcomeOf(pending);
    // Another submission may have replaced it, or its resource may be deleted.
    if (known.get(pending.key)?.jobId !== jobId) return;
    const at = clock.now();
    known.set(
      pending.key,
      "answer" in outcome
        ? { jobId, state: "accepted", at, ...(outcome.answer && { answer: outcome.answer }) }
        : { jobId, state: "failed", at, tries: tries + 1, ...failureOf(outcome.error) },
    );
    onChange(pending.key);
  }

  /** Never rejects. */
  function outcomeOf({ at, submission }: PendingSubmission<At>): Promise<Ended> {
    return new Promise((resolve) => {
      const { deadlineMs } = submission;
      const timeout = new FlinkRestError(0, "timeout", `not done within ${deadlineMs / 1000} s`);
      const aborting = new AbortController();
      const cancel = clock.after(deadlineMs, () => {
        aborting.abort(timeout);
        resolve({ error: timeout });
      });
      const settle = (outcome: Ended) => {
        cancel();
        resolve(outcome);
      };
      submitJar(at, submission, aborting.signal).then(
        (answer) => settle({ answer: typeof answer === "string" ? answer : undefined }),
        (error: unknown) => settle({ error }),
      );
    });
  }

  return {
    submit(key, at, submission) {
      const { jobId } = submission.run;
      const before = known.get(key);
      if (before?.jobId === jobId && before.state === "running") return;
      known.set(key, { jobId, state: "running", tries: failuresOf(before, jobId) });
      waiting.push({ key, at, submission });
      admit();
    },
    facts: (key) => known.get(key),
    remove: (key) => void known.delete(key),
    get size() {
      return known.size + waiting.length;
    },
  };
}

/** Consecutive failures of the same job. */
const failuresOf = (known: SubmissionFacts | undefined, jobId: string): number =>
  known?.jobId === jobId && known.state !== "accepted" ? known.tries : 0;

/** `certain`: the job will not start, since Flink refused it or never got the request. */
function failureOf(
  error: unknown,
): Pick<SubmissionFacts & { state: "failed" }, "error" | "certain" | "doubt"> {
  const message = error instanceof Error ? error.message : String(error);
  const isUncertain =
    error instanceof FlinkRestError && error.kind !== "answered" && error.kind !== "refused";
  const doubt = error instanceof ArtifactError ? error.doubt : isUncertain ? "unreachable" : undefined;
  return { error: message, certain: !isUncertain, ...(doubt === undefined ? {} : { doubt }) };
}
