import type { Answer } from "../core/autoscaler/collect/answers.ts";
import { type AnswersByPath, planRequests, type Remembered } from "../core/autoscaler/collect/requests.ts";
import { type FlinkRest, FlinkRestError, type RestEndpoint } from "../flink/api.ts";
import { type Clock, sleep } from "../runtime/clock.ts";

/** How long Flink has to collect the metrics of all TaskManagers after it was asked, in milliseconds. */
const WARM_UP_MS = 2_000;

/** The answers of one cycle. Rejects with a FlinkRestError if the JobManager does not answer; its own errors are answers. */
export async function collectAnswers(
  rest: Pick<FlinkRest, "read">,
  at: RestEndpoint,
  {
    jobId,
    remembered,
    clock,
    signal,
  }: {
    readonly jobId: string;
    readonly remembered: Remembered;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<AnswersByPath> {
  let answers = new Map<string, Answer<unknown>>();
  let hasRepeated = false;
  for (;;) {
    const { next, isCold } = planRequests(jobId, remembered, answers);
    if (next.length === 0 && (!isCold || hasRepeated)) return answers;
    if (next.length === 0) {
      hasRepeated = true;
      answers = new Map();
      await sleep(clock, WARM_UP_MS, signal);
    }
    for (const path of next) answers.set(path, await answerTo(rest, at, path));
  }
}

async function answerTo(
  rest: Pick<FlinkRest, "read">,
  at: RestEndpoint,
  path: string,
): Promise<Answer<unknown>> {
  try {
    return await rest.read(at, path);
  } catch (error) {
    if (error instanceof FlinkRestError && error.kind === "answered") return { error: error.message };
    throw error;
  }
}
