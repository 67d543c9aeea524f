import { checkAnswerIn } from "../api/stackTrace.ts";
import { isAtLeast } from "../api/v1beta1/common.ts";
import {
  jobMetricNames,
  readApplicationFailure,
  readCheckpointPath,
  readCheckpointStatus,
  readCheckpoints,
  readConfig,
  readDisposalStatus,
  readExceptions,
  readFailedApplication,
  readJarId,
  readJobId,
  readJobMetrics,
  readJobResult,
  readJobs,
  readRequirements,
  readSavepointStatus,
  readTaskManagers,
  readTriggerId,
  readVertices,
} from "./answers.ts";
import { type FlinkRest, FlinkRestError, type RestEndpoint, type RunJar } from "./api.ts";
import { createExchange, type Exchange, type ExchangeOptions } from "./exchange.ts";
import { jarForm } from "./jarForm.ts";
import { broken } from "./json.ts";

/** The REST client of JobManagers, Flink 1.16 to 2.3. */
export interface FlinkClient extends FlinkRest {
  /** Closes all connections and aborts the requests in flight. */
  close(): Promise<void>;
}

export function createFlinkClient(options: ExchangeOptions = {}): FlinkClient {
  const exchange = createExchange(options);
  // An upload or a main method takes minutes. Separate connections keep the poller from waiting behind it.
  const submissions = createExchange(options);
  return {
    ...flinkRestOver(exchange, submissions),
    async close() {
      await Promise.all([exchange.close(), submissions.close()]);
    },
  };
}

/** The calls over any way to send a request to a JobManager. */
export function flinkRestOver(
  exchange: Pick<Exchange, "send">,
  submissions: Pick<Exchange, "send"> = exchange,
): FlinkRest {
  const get = (at: RestEndpoint, path: string) => exchange.send(at, { method: "GET", path });

  const trigger = async (at: RestEndpoint, path: string, triggerId: string, body: object): Promise<void> => {
    const given = readTriggerId(
      await exchange.send(at, { method: "POST", path, body: { ...body, triggerId } }),
    );
    if (given !== triggerId) {
      throw broken(`the JobManager gave the trigger ${triggerId} the id ${given}`);
    }
  };

  return {
    config: async (at) => readConfig(await get(at, "/config")),

    jobs: async (at) => readJobs(await get(at, "/jobs/overview")),

    async checkpoints(at, jobId) {
      try {
        return readCheckpoints(await get(at, `${job(jobId)}/checkpoints`));
      } catch (error) {
        if (isErrorWith(error, "Checkpointing has not been enabled", 404)) {
          return undefined;
        }
        throw error;
      }
    },

    jobResult: async (at, jobId) => readJobResult(await get(at, `${job(jobId)}/execution-result`)),

    exceptions: async (at, jobId, max) =>
      // maxExceptions is a hint: Flink 1.16 still returns all exceptions.
      readExceptions(await get(at, `${job(jobId)}/exceptions?maxExceptions=${max}`)).slice(0, max),

    async failedApplication(at) {
      const failed = readFailedApplication(await get(at, "/applications/overview"));
      if (failed === undefined || failed.isEnding) return failed && {};
      const exceptions = await get(at, `/applications/${encodeURIComponent(failed.id)}/exceptions`);
      return { failure: readApplicationFailure(exceptions) };
    },

    metrics: async (at, jobId) =>
      readJobMetrics(await get(at, `${job(jobId)}/metrics?get=${jobMetricNames.join(",")}`)),

    read: async (at, path) => ({ body: await get(at, path) }),
    vertices: async (at, jobId) => readVertices(await get(at, job(jobId))),

    async resourceRequirements(at, jobId) {
      try {
        return readRequirements(await get(at, requirementsOf(jobId)));
      } catch (error) {
        if (isErrorWith(error, "does not support changing the parallelism without a job restart", 500))
          return undefined;
        throw error;
      }
    },

    async updateResourceRequirements(at, jobId, wanted) {
      await exchange.send(at, { method: "PUT", path: requirementsOf(jobId), body: wanted });
    },

    overview: async (at) => void (await get(at, "/overview")),

    taskManagers: async (at) => readTaskManagers(await get(at, "/taskmanagers")),

    async savepointStatus(at, jobId, triggerId) {
      try {
        return readSavepointStatus(
          await get(at, `${job(jobId)}/savepoints/${encodeURIComponent(triggerId)}`),
        );
      } catch (error) {
        if (isErrorWith(error, "There is no savepoint operation", 404)) {
          return { state: "unknown" };
        }
        throw error;
      }
    },

    // The two calls have different names for the savepoint's directory. Flink also accepts an unknown or ended job: only
    // the status shows the failure.
    stopWithSavepoint: (at, jobId, { triggerId, targetDirectory, formatType, drain }) =>
      trigger(at, `${job(jobId)}/stop`, triggerId, {
        targetDirectory: targetDirectory ?? null,
        drain,
        formatType,
      }),

    triggerSavepoint: (at, jobId, { triggerId, targetDirectory, formatType }) =>
      trigger(at, `${job(jobId)}/savepoints`, triggerId, {
        "target-directory": targetDirectory ?? null,
        "cancel-job": false,
        formatType,
      }),

    // Flink refuses an explicitly incremental checkpoint (FLINK-33723): the job's own are incremental where it is configured so.
    triggerCheckpoint: (at, jobId, { triggerId, checkpointType: type }) =>
      trigger(at, `${job(jobId)}/checkpoints`, triggerId, {
        checkpointType: type === "INCREMENTAL" ? "CONFIGURED" : type,
      }),

    async checkpointStatus(at, jobId, triggerId) {
      try {
        return readCheckpointStatus(
          await get(at, `${job(jobId)}/checkpoints/${encodeURIComponent(triggerId)}`),
        );
      } catch (error) {
        if (isErrorWith(error, "There is no checkpoint operation", 404)) return { state: "unknown" };
        throw error;
      }
    },

    async checkpointPath(at, jobId, checkpointId) {
      try {
        return readCheckpointPath(await get(at, `${job(jobId)}/checkpoints/details/${checkpointId}`));
      } catch (error) {
        if (isErrorWith(error, "Could not find checkpointing statistics", 404)) return undefined;
        throw error;
      }
    },

    disposeSavepoint: async (at, path) =>
      readTriggerId(
        await exchange.send(at, {
          method: "POST",
          path: "/savepoint-disposal",
          body: { "savepoint-path": path },
        }),
      ),

    async disposalStatus(at, triggerId) {
      try {
        return readDisposalStatus(await get(at, `/savepoint-disposal/${encodeURIComponent(triggerId)}`));
      } catch (error) {
        if (isErrorWith(error, "Operation not found under key", 404)) return { state: "unknown" };
        throw error;
      }
    },

    async cancel(at, jobId) {
      try {
        await exchange.send(at, { method: "PATCH", path: `${job(jobId)}?mode=cancel` });
        return "accepted";
      } catch (error) {
        if (isErrorWith(error, "Job could not be found", 404)) {
          return "missing";
        }
        if (isErrorWith(error, "already reached another terminal state")) {
          return "ended";
        }
        throw error;
      }
    },

    uploadJar: async (at, jar, deadlineMs) =>
      readJarId(
        await submissions.send(at, {
          method: "POST",
          path: "/jars/upload",
          stream: jarForm(jar),
          ...(deadlineMs === undefined ? {} : { deadlineMs }),
        }),
      ),

    async runJar(at, jarId, request, deadlineMs) {
      let started: string;
      try {
        started = readJobId(
          await submissions.send(at, {
            method: "POST",
            path: `${jar(jarId)}/run`,
            body: runBody(request),
            ...(deadlineMs === undefined ? {} : { deadlineMs }),
          }),
        );
      } catch (error) {
        // Since 2.3 jobs belong to applications.
        if (
          isErrorWith(error, "DuplicateJobSubmission") ||
          isErrorWith(error, "DuplicateApplicationSubmission")
        ) {
          return "duplicate";
        }
        throw error;
      }
      if (started !== request.jobId) {
        throw broken(`the JobManager gave the job ${request.jobId} the id ${started}`);
      }
      return "accepted";
    },

    async checkScript(at, jarId, { jobId, entryClass, programArgs }, deadlineMs) {
      const outcome = await submissions.send(at, {
        method: "POST",
        path: `${jar(jarId)}/plan`,
        body: { entryClass, programArgsList: programArgs, jobId },
        answerIn: checkAnswerIn,
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
      });
      if (typeof outcome === "string") return outcome;
      throw broken("the JobManager made the plan of a job, and checked no script");
    },

    async deleteJar(at, jarId) {
      try {
        await exchange.send(at, { method: "DELETE", path: jar(jarId) });
      } catch (error) {
        if (!isErrorWith(error, "does not exist", 400)) {
          throw error;
        }
      }
    },
  };
}

const jar = (jarId: string): string => `/jars/${encodeURIComponent(jarId)}`;

/** Omits fields without a value: every version then uses its default. */
function runBody({ flinkVersion, savepointPath, programArgs, ...request }: RunJar): object {
  const claim = isAtLeast(flinkVersion, "v1_20") ? "claimMode" : "restoreMode";
  return {
    entryClass: request.entryClass,
    programArgsList: programArgs,
    parallelism: request.parallelism,
    jobId: request.jobId,
    allowNonRestoredState: request.allowNonRestoredState,
    savepointPath,
    ...(savepointPath === undefined ? {} : { [claim]: "NO_CLAIM" }),
    ...(isAtLeast(flinkVersion, "v1_17") ? { flinkConfiguration: request.flinkConfiguration } : {}),
  };
}

const requirementsOf = (jobId: string): string => `${job(jobId)}/resource-requirements`;

const job = (jobId: string): string => `/jobs/${encodeURIComponent(jobId)}`;

/**
 * Whether Flink itself responded with an error that contains these words, and with this status if one is given. A proxy says
 * "could not be found", too, and knows nothing of jobs.
 */
const isErrorWith = (error: unknown, words: string, status?: number): boolean =>
  error instanceof FlinkRestError &&
  error.fromFlink &&
  (status === undefined || error.status === status) &&
  error.message.includes(words);
