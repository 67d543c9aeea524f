import { describe, expect, test } from "vitest";
import type { UpgradeMode } from "../../api/v1beta1/flinkdeployment.ts";
import type { Facts } from "./facts.ts";
import { launchPending } from "./launch.ts";
import { aDeployment, aSituation, runningStatus, someFacts, withUpgradeMode } from "./situation.fixture.ts";

const decidedAt = 2_000;
const aTaskManager = {
  name: "job-taskmanager-1-1",
  ip: "10.0.0.2",
  ready: true,
  deleting: false,
  trouble: undefined,
};

/** A launch that is intended while the old cluster still runs. */
function takingDown(mode: UpgradeMode, facts: Partial<Facts>, sinceMs = 0) {
  const spec = withUpgradeMode(mode);
  const outcome = launchPending(
    aSituation({
      spec,
      deployed: {
        spec: { ...spec, job: { ...spec.job, state: "suspended" } },
        metadata: { firstDeployment: false },
      },
      status: {
        ...runningStatus,
        observedGeneration: 2,
        reconciliationStatus: { state: "UPGRADING", reconciliationTimestamp: decidedAt },
      },
      facts: someFacts({ taskManagerPods: [aTaskManager], ...facts }),
      now: decidedAt + sinceMs,
    }),
  );
  return outcome?.actions?.map(({ kind }) => kind);
}

describe("the JobManager of a last-state upgrade", () => {
  const stopped = { jobManager: { ...aDeployment, replicas: 0 } };

  test("goes before its TaskManagers, which it would only replace", () => {
    expect(takingDown("last-state", {})).toEqual(["stop-job-manager"]);
  });

  test("is asked once, and waited for", () => {
    expect(takingDown("last-state", stopped)).toEqual([]);
  });

  test("is deleted with all that is left once it has ended", () => {
    expect(takingDown("last-state", { ...stopped, jobManagerPods: [] })).toEqual(["delete-deployment"]);
  });

  test("is not waited for for ever", () => {
    expect(takingDown("last-state", stopped, 30_000)).toEqual(["delete-deployment"]);
  });

  test("is deleted at once where it has no TaskManagers, or its job has ended with a savepoint", () => {
    expect(takingDown("last-state", { taskManagerPods: [] })).toEqual(["delete-deployment"]);
    expect(takingDown("savepoint", {})).toEqual(["delete-deployment"]);
  });
});
