import { describe, expect, test } from "vitest";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import type { Input } from "../decide.ts";
import {
  aConfiguration,
  aDeployment,
  aJobId,
  anInput,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  haOfJob,
  noCluster,
  someFacts,
  withJobSpec,
} from "../situation.fixture.ts";
import { LAST_STATE_DUMMY_PATH } from "../status/status.ts";

const day = 86_400_000;
const reportedCheckpoints = checkpointFacts({ latestCompleted: aSnapshot(7, { discarded: true }) });
const result = {
  jobResult: { jobId: aJobId, at: 1, result: { status: "FAILED" as const, failure: undefined } },
};

const ended = (more: {
  state?: "FINISHED" | "FAILED" | "RUNNING";
  now: number;
  job?: object;
  facts?: Partial<Input["facts"]>;
  status?: object;
  deployed?: typeof aSpec;
  configure?: Input["configure"];
}) => {
  const { state = "FINISHED", deployed = aSpec, now } = more;
  const job = { state, updateTime: "5000", ...more.job };
  const status = aStatus(deployed, { job, observedGeneration: 1, ...more.status });
  const facts = { flink: flinkFacts(state, { ...reportedCheckpoints, ...result }), ...more.facts };
  return decideFlinkDeployment(
    anInput(aResource(deployed, status, { generation: 1 }), facts, {
      now,
      configure: more.configure ?? aConfiguration(),
    }),
  );
};

const removed = [{ kind: "delete-deployment", name: "job", uid: aDeployment.uid }];

describe("the JobManager of a job that has ended", () => {
  test.each(["FINISHED", "FAILED"] as const)(
    "(%s) is deleted after its TTL, and nothing else is",
    (state) => {
      const before = ended({ state, now: 5_000 + day - 20_000 });
      expect(before.actions).toEqual([]);
      // No polling: the next reconcile is when the deletion is due.
      expect(before.requeueAfterMs).toBe(20_000);
      const due = ended({ state, now: 5_000 + day });
      expect(due.actions).toEqual(removed);
      expect(due.events.map(({ type, reason }) => [type, reason])).toContainEqual([
        "Normal",
        "JobManagerShutdown",
      ]);
    },
  );

  test("is deleted as soon as the option says", () => {
    const configure = aConfiguration({ jobManagerShutdownTtlMs: 60_000 });
    expect(ended({ now: 64_999, configure }).actions).toEqual([]);
    expect(ended({ now: 65_000, configure }).actions).toEqual(removed);
  });

  test("of a suspended job is kept from the time of the suspension, not of the job's start", () => {
    const deployed = withJobSpec({ state: "suspended", upgradeMode: "savepoint" });
    const status = {
      ...aStatus(deployed),
      reconciliationStatus: { ...aStatus(deployed).reconciliationStatus, reconciliationTimestamp: 100_000 },
    };
    const at = (now: number) =>
      ended({ deployed, status: { reconciliationStatus: status.reconciliationStatus }, now });
    expect(at(5_000 + day).actions).toEqual([]);
    expect(at(100_000 + day).actions).toEqual(removed);
  });

  test("stays while the job runs", () => {
    expect(ended({ state: "RUNNING", now: 10 * day }).actions).toEqual([]);
  });

  test("stays until it has reported where the last snapshot is", () => {
    expect(ended({ now: 2 * day, facts: { flink: flinkFacts("FINISHED") } }).actions).toEqual([]);
    const silent = { flink: undefined, jobManagerPods: [] };
    const unknown = { upgradeSavepointPath: LAST_STATE_DUMMY_PATH };
    expect(ended({ now: 2 * day, facts: silent, job: unknown }).actions).toEqual([]);
    expect(ended({ now: 2 * day, facts: silent }).actions).toEqual(removed);
  });

  test("is deleted also if it was restarted and does not know the job any more", () => {
    const forgotten = { flink: flinkFacts("FINISHED", { jobs: [] }) };
    const path = "file:/savepoints/sp-1";
    const before = ended({ now: day, facts: forgotten, job: { upgradeSavepointPath: path } });
    expect(before).toMatchObject({ actions: [], requeueAfterMs: 5_000, poll: { pace: "settled" } });
    const due = ended({ now: 5_000 + day, facts: forgotten, job: { upgradeSavepointPath: path } });
    expect(due.actions).toEqual(removed);
    const unknown = { upgradeSavepointPath: LAST_STATE_DUMMY_PATH };
    expect(ended({ now: 2 * day, facts: forgotten, job: unknown }).actions).toEqual([]);
  });

  test("once deleted causes no event, no error and no recovery, with or without HA metadata", () => {
    for (const haConfigMaps of [[], [haOfJob]]) {
      const gone = ended({ now: 2 * day, facts: someFacts({ ...noCluster, haConfigMaps }) });
      expect(gone).toMatchObject({ actions: [], events: [] });
      expect(gone.status).toMatchObject({
        lifecycleState: "STABLE",
        jobManagerDeploymentStatus: "MISSING",
        jobStatus: { state: "FINISHED" },
      });
      expect(gone.status.error).toBeUndefined();
    }
  });
});
