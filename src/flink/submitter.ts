import type { RestEndpoint, Submission, SubmissionFacts } from "../api/flinkFacts.ts";
import type { Clock } from "../runtime/clock.ts";
import { FlinkRestError } from "./api.ts";

/**
 * Submits session jobs in the background, so that no pass waits for a download, an upload or a main method. What came of
 * it is read synchronously, as what the poller knows is.
 */
export interface Submitter {
  /** Begins, unless a submission of the same job is under way. */
  submit(key: string, at: RestEndpoint, submission: Submission): void;
  /** Of the newest submission of this process. */
  facts(key: string): SubmissionFacts | undefined;
  remove(key: string): void;
}

export interface SubmitterOptions {
  /** Fetches the jar, uploads it, runs it and deletes it, or gives that up. Rejects with any error. */
  submitJar(at: RestEndpoint, submission: Submission, signal: AbortSignal): Promise<void>;
  clock: Clock;
  /** What is known of a submission is different now. */
  onChange(key: string): void;
  /** So many at once: each holds sockets and buffers. */
  maxAtOnce?: number;
}

interface Work {
  readonly key: string;
  readonly at: RestEndpoint;
  readonly submission: Submission;
}

export function createSubmitter({ submitJar, clock, onChange, maxAtOnce = 4 }: SubmitterOptions): Submitter {
  const known = new Map<string, SubmissionFacts>();
  const waiting: Work[] = [];
  let running = 0;

  function admit(): void {
    while (running < maxAtOnce) {
      const work = waiting.shift();
      if (work === undefined) return;
      running += 1;
      void perform(work).finally(() => {
        running -= 1;
        admit();
      });
    }
  }

  async function perform(work: Work): Promise<void> {
    const { jobId } = work.submission.run;
    const tries = triesOf(known.get(work.key), jobId);
    const outcome = await settled(work);
    // Another submission may have taken its place, or its resource may be gone.
    if (known.get(work.key)?.jobId !== jobId) return;
    const at = clock.now();
    known.set(
      work.key,
      outcome === undefined
        ? { jobId, state: "accepted", at }
        : { jobId, state: "failed", at, tries: tries + 1, ...failureOf(outcome.error) },
    );
    onChange(work.key);
  }

  /** The error in a box; undefined where there is none. */
  function settled({ at, submission }: Work): Promise<{ error: unknown } | undefined> {
    return new Promise((resolve) => {
      const { deadlineMs } = submission;
      const late = new FlinkRestError(0, "timeout", `not done within ${deadlineMs / 1000} s`);
      const giving = new AbortController();
      const cancel = clock.after(deadlineMs, () => {
        giving.abort(late);
        resolve({ error: late });
      });
      const settle = (outcome: { error: unknown } | undefined) => {
        cancel();
        resolve(outcome);
      };
      submitJar(at, submission, giving.signal).then(
        () => settle(undefined),
        (error: unknown) => settle({ error }),
      );
    });
  }

  return {
    submit(key, at, submission) {
      const { jobId } = submission.run;
      const before = known.get(key);
      if (before?.jobId === jobId && before.state === "running") return;
      known.set(key, { jobId, state: "running", tries: triesOf(before, jobId) });
      waiting.push({ key, at, submission });
      admit();
    },
    facts: (key) => known.get(key),
    remove: (key) => void known.delete(key),
  };
}

/** How often in a row it has failed. */
const triesOf = (known: SubmissionFacts | undefined, jobId: string): number =>
  known?.jobId === jobId && known.state !== "accepted" ? known.tries : 0;

/** Only where Flink refused to start it, or was never asked, is it certain that the job does not come. */
function failureOf(error: unknown): { error: string; certain: boolean } {
  const message = error instanceof Error ? error.message : String(error);
  const isUnsure = error instanceof FlinkRestError && error.kind !== "answered" && error.kind !== "refused";
  return { error: message, certain: !isUnsure };
}
