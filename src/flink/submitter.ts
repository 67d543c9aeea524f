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
   * any error. `report` is told a hash of the texts that the script refers to, before they are sent.
   */
  submitJar(
    at: At,
    submission: Submission,
    signal: AbortSignal,
    report: (texts: string) => void,
  ): Promise<unknown>;
  clock: Clock;
  /** Called when the state of a submission has changed. */
  onChange(key: string): void;
  /** How many submissions run at once. Each holds sockets and buffers. */
  maxAtOnce?: number;
  /** What runs on the same host, and has not come to its end after its deadline either, keeps the others of it waiting. */
  onePerHost?: boolean;
}

/** Of a job that was sent with several: any may have been the one that started. */
const SEVERAL_TEXTS = "several";

interface PendingSubmission<At> {
  readonly key: string;
  readonly at: At;
  readonly submission: Submission;
  readonly host: string | undefined;
}

/** What a submission has come to. */
type Ended = { readonly error: unknown } | { readonly answer: string | undefined };

export function createSubmitter<At = RestEndpoint>({
  submitJar,
  clock,
  onChange,
  maxAtOnce = 4,
  onePerHost = false,
}: SubmitterOptions<At>): Submitter<At> {
  const known = new Map<string, SubmissionFacts>();
  let waiting: PendingSubmission<At>[] = [];
  const busyHosts = new Set<string>();
  let running = 0;

  const forget = (key: string): void => {
    waiting = waiting.filter((each) => each.key !== key);
  };
  const isBusy = ({ host }: PendingSubmission<At>): boolean => host !== undefined && busyHosts.has(host);

  function admit(): void {
    while (running < maxAtOnce) {
      const index = waiting.findIndex((each) => !isBusy(each));
      const [pending] = index < 0 ? [] : waiting.splice(index, 1);
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
    const before = keptOf(known.get(pending.key), jobId);
    const outcome = await outcomeOf(pending);
    // Another submission may have replaced it, or its resource may be deleted.
    if (known.get(pending.key)?.jobId !== jobId) return;
    const at = clock.now();
    const { texts } = keptOf(known.get(pending.key), jobId);
    const failure = "error" in outcome ? failureOf(outcome.error) : undefined;
    // What certainly started no job may be mended and sent again.
    const sent = failure?.certain === true ? before.texts : texts;
    const timeouts = "error" in outcome && isTimeout(outcome.error) ? (before.timeouts ?? 0) + 1 : undefined;
    const kept = {
      ...(sent === undefined ? {} : { texts: sent }),
      ...(timeouts === undefined ? {} : { timeouts }),
    };
    known.set(
      pending.key,
      "answer" in outcome
        ? { ...kept, jobId, state: "accepted", at, ...(outcome.answer && { answer: outcome.answer }) }
        : { ...kept, jobId, state: "failed", at, tries: tries + 1, ...failureOf(outcome.error) },
    );
    onChange(pending.key);
  }

  function report({ key, submission }: PendingSubmission<At>, texts: string): void {
    const before = known.get(key);
    if (before?.jobId !== submission.run.jobId) return;
    const isSame = before.texts === undefined || before.texts === texts;
    known.set(key, { ...before, texts: isSame ? texts : SEVERAL_TEXTS });
  }

  /** Never rejects. */
  function outcomeOf(pending: PendingSubmission<At>): Promise<Ended> {
    const { at, submission, host } = pending;
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
      if (host !== undefined) busyHosts.add(host);
      submitJar(at, submission, aborting.signal, (texts) => report(pending, texts))
        .finally(() => {
          if (host !== undefined) busyHosts.delete(host);
        })
        .then(
          (answer) => settle({ answer: typeof answer === "string" ? answer : undefined }),
          (error: unknown) => settle({ error }),
        )
        .finally(admit);
    });
  }

  return {
    submit(key, at, submission) {
      const { jobId } = submission.run;
      const before = known.get(key);
      if (before?.jobId === jobId && before.state === "running") return;
      known.set(key, { ...keptOf(before, jobId), jobId, state: "running", tries: failuresOf(before, jobId) });
      // What waits is of an earlier job.
      forget(key);
      waiting.push({ key, at, submission, host: onePerHost ? hostOf(at) : undefined });
      admit();
    },
    facts: (key) => known.get(key),
    remove(key) {
      forget(key);
      known.delete(key);
    },
    get size() {
      return known.size + waiting.length;
    },
  };
}

/** Consecutive failures of the same job. */
const failuresOf = (known: SubmissionFacts | undefined, jobId: string): number =>
  known?.jobId === jobId && known.state !== "accepted" ? known.tries : 0;

/** What outlasts an attempt that is repeated. */
function keptOf(
  known: SubmissionFacts | undefined,
  jobId: string,
): Pick<SubmissionFacts, "texts" | "timeouts"> {
  if (known?.jobId !== jobId) return {};
  const { texts, timeouts } = known;
  return { ...(texts === undefined ? {} : { texts }), ...(timeouts === undefined ? {} : { timeouts }) };
}

const isTimeout = (error: unknown): boolean => error instanceof FlinkRestError && error.kind === "timeout";

function hostOf(at: unknown): string | undefined {
  const { host, port } = (at ?? {}) as Partial<RestEndpoint>;
  return host === undefined ? undefined : `${host}:${port}`;
}

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
