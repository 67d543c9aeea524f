import assert from "node:assert/strict";
import {
  type DisposalStatus,
  type FlinkRest,
  FlinkRestError,
  type RestEndpoint,
} from "../../../src/flink/api.ts";

/** One running streaming job with checkpoints, on a simulated or on a real JobManager. */
export interface FlinkTarget {
  rest: FlinkRest;
  endpoint: RestEndpoint;
  jobId: string;
  savepointDirectory: string;
  /** Polls until the condition holds, with a deadline. */
  eventually(what: string, holds: () => Promise<boolean>): Promise<void>;
}

export interface FlinkScript {
  name: string;
  /** Ends the job: each script needs its own job. */
  run(target: FlinkTarget): Promise<void>;
}

const unknownJob = "f".repeat(32);
const trigger = (digit: string): string => digit.repeat(32);

const refused = async (status: number, request: Promise<unknown>): Promise<void> => {
  try {
    await request;
  } catch (error) {
    assert.ok(error instanceof FlinkRestError, String(error));
    assert.deepEqual([error.kind, error.status], ["answered", status], error.message);
    return;
  }
  assert.fail(`expected ${status}, but the request succeeded`);
};

const stateOf = async ({ rest, endpoint, jobId }: FlinkTarget): Promise<string | undefined> =>
  (await rest.jobs(endpoint)).find((job) => job.id === jobId)?.state;

const savepointDone = async (target: FlinkTarget, triggerId: string): Promise<string> => {
  const { rest, endpoint, jobId } = target;
  let location = "";
  await target.eventually("the savepoint is complete", async () => {
    const status = await rest.savepointStatus(endpoint, jobId, triggerId);
    if (status.state === "completed") location = status.location;
    return status.state !== "in-progress";
  });
  assert.match(location, /savepoint-/);
  return location;
};

const checkpointDone = async (target: FlinkTarget, triggerId: string): Promise<number> => {
  const { rest, endpoint, jobId } = target;
  let id = 0;
  await target.eventually("the checkpoint is complete", async () => {
    const status = await rest.checkpointStatus(endpoint, jobId, triggerId);
    if (status.state === "completed") id = status.checkpointId;
    return status.state !== "in-progress";
  });
  assert.ok(id > 0);
  return id;
};

const disposed = async (
  { rest, endpoint, eventually }: FlinkTarget,
  path: string,
): Promise<DisposalStatus> => {
  const triggerId = await rest.disposeSavepoint(endpoint, path);
  let status: DisposalStatus = { state: "unknown" };
  await eventually("the disposal has ended", async () => {
    status = await rest.disposalStatus(endpoint, triggerId);
    return status.state !== "in-progress";
  });
  return status;
};

const normalPath = (path: string): string => path.replace(/^file:\/*/, "file:/");

/** The behaviour that the operator relies on, tested on the simulated and on a real JobManager. */
export const flinkRestScripts: FlinkScript[] = [
  {
    name: "observed, saved, stopped with a savepoint",
    async run(target) {
      const { rest, endpoint, jobId, savepointDirectory } = target;
      assert.match((await rest.config(endpoint)).flinkVersion, /^\d+\.\d+\.\d+/);
      await target.eventually("the job runs", async () => (await stateOf(target)) === "RUNNING");
      assert.equal(await rest.jobResult(endpoint, jobId), undefined);
      await target.eventually("a checkpoint is complete", async () => {
        const latest = (await rest.checkpoints(endpoint, jobId))?.latestCompleted;
        return latest !== undefined && latest.id > 0 && latest.externalPath !== "";
      });
      assert.ok((await rest.taskManagers(endpoint)).length > 0);
      await target.eventually("the counters of the job are collected", async () => {
        const { restarts, completedCheckpoints } = await rest.metrics(endpoint, jobId);
        return restarts === 0 && (completedCheckpoints ?? 0) > 0;
      });

      await refused(404, rest.checkpoints(endpoint, unknownJob));
      await refused(404, rest.jobResult(endpoint, unknownJob));
      const none = { restarts: undefined, completedCheckpoints: undefined };
      assert.deepEqual(await rest.metrics(endpoint, unknownJob), none);
      assert.equal(await rest.cancel(endpoint, unknownJob), "missing");
      assert.deepEqual(await rest.savepointStatus(endpoint, jobId, trigger("a")), { state: "unknown" });

      const saved = {
        triggerId: trigger("b"),
        targetDirectory: savepointDirectory,
        formatType: "CANONICAL",
      } as const;
      await rest.triggerSavepoint(endpoint, jobId, saved);
      await rest.triggerSavepoint(endpoint, jobId, saved);
      const first = await savepointDone(target, saved.triggerId);
      await rest.triggerSavepoint(endpoint, jobId, saved);
      assert.equal(await savepointDone(target, saved.triggerId), first, "a repeated id starts nothing");
      await target.eventually("the statistics contain the savepoint", async () => {
        const latest = (await rest.checkpoints(endpoint, jobId))?.latestSavepoint;
        return latest !== undefined && normalPath(latest.externalPath) === normalPath(first);
      });

      const checkpoint = { triggerId: trigger("1"), checkpointType: "FULL" } as const;
      assert.deepEqual(await rest.checkpointStatus(endpoint, jobId, checkpoint.triggerId), {
        state: "unknown",
      });
      await rest.triggerCheckpoint(endpoint, jobId, checkpoint);
      await rest.triggerCheckpoint(endpoint, jobId, checkpoint);
      const checkpointId = await checkpointDone(target, checkpoint.triggerId);
      await rest.triggerCheckpoint(endpoint, jobId, checkpoint);
      assert.equal(await checkpointDone(target, checkpoint.triggerId), checkpointId);
      await target.eventually("the details contain the path of the checkpoint", async () => {
        const path = await rest.checkpointPath(endpoint, jobId, checkpointId);
        return path?.endsWith(`/chk-${checkpointId}`) === true;
      });
      assert.equal(await rest.checkpointPath(endpoint, jobId, 999_999), undefined);

      assert.equal((await disposed(target, first)).state, "completed");
      const again = await disposed(target, first);
      assert.match(again.state === "failed" ? again.failure.stackTrace : "", /FileNotFoundException/);
      assert.deepEqual(await rest.disposalStatus(endpoint, trigger("2")), { state: "unknown" });

      await rest.triggerSavepoint(endpoint, unknownJob, { ...saved, triggerId: trigger("c") });
      await target.eventually("a savepoint of an unknown job fails", async () => {
        const status = await rest.savepointStatus(endpoint, unknownJob, trigger("c"));
        return status.state === "failed";
      });

      const stop = { ...saved, triggerId: trigger("d"), drain: false };
      await rest.stopWithSavepoint(endpoint, jobId, stop);
      await rest.stopWithSavepoint(endpoint, jobId, stop);
      const last = await savepointDone(target, stop.triggerId);
      assert.notEqual(last, first);
      await target.eventually("the job is finished", async () => (await stateOf(target)) === "FINISHED");
      await rest.stopWithSavepoint(endpoint, jobId, stop);
      assert.equal(await savepointDone(target, stop.triggerId), last, "also after the end");
      assert.deepEqual(await rest.jobResult(endpoint, jobId), { status: "SUCCEEDED", failure: undefined });
      assert.equal(await rest.cancel(endpoint, jobId), "ended");
    },
  },
  {
    name: "cancelled",
    async run(target) {
      const { rest, endpoint, jobId, savepointDirectory } = target;
      await target.eventually("the job runs", async () => (await stateOf(target)) === "RUNNING");
      assert.equal(await rest.cancel(endpoint, jobId), "accepted");
      await target.eventually("the job is canceled", async () => (await stateOf(target)) === "CANCELED");
      assert.equal(await rest.cancel(endpoint, jobId), "accepted", "repeated, without an effect");
      assert.deepEqual(await rest.jobResult(endpoint, jobId), { status: "CANCELED", failure: undefined });
      const late = {
        triggerId: trigger("e"),
        targetDirectory: savepointDirectory,
        formatType: "NATIVE",
      } as const;
      await rest.triggerSavepoint(endpoint, jobId, late);
      await target.eventually("a savepoint of an ended job fails", async () => {
        return (await rest.savepointStatus(endpoint, jobId, late.triggerId)).state === "failed";
      });
    },
  },
];
