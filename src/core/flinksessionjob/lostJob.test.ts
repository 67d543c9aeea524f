import { describe, expect, it } from "vitest";
import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { haCheckpoints } from "../job/model/facts.ts";
import { aJobId, flinkFacts, haOfJob, runningStatus } from "../job/situation.fixture.ts";
import { lostJob } from "./lostJob.ts";
import {
  aSessionCluster,
  aSessionJobSituation,
  sessionJobFacts,
  withSessionJob,
} from "./situation.fixture.ts";

const gone = sessionJobFacts({ flink: flinkFacts("RUNNING", { jobs: [] }) });
const [{ checkpointId: inHa = 0 } = {}] = haCheckpoints([haOfJob]);
const lost = (more: Partial<FlinkDeploymentStatus> = {}, job: object = {}): FlinkDeploymentStatus => ({
  ...runningStatus,
  ...more,
  jobStatus: { jobId: aJobId, state: "RECONCILING", startTime: "500", ...job },
});

describe("a job that its session cluster does not know any more", () => {
  it("is left alone while the JobManager lists it, or has ended", () => {
    expect(lostJob(aSessionJobSituation())).toBeUndefined();
    expect(
      lostJob(aSessionJobSituation({ facts: gone, status: lost({}, { state: "FINISHED" }) })),
    ).toBeUndefined();
  });

  it("is recovered by its JobManager if HA metadata names it, and not submitted", () => {
    const facts = { ...gone, haConfigMaps: [haOfJob] };
    const outcome = lostJob(aSessionJobSituation({ facts, status: lost() }));
    expect(outcome).toEqual({ waitsFor: "the JobManager to recover the job" });
  });

  describe("and that its JobManager does not recover, though HA metadata are left of it", () => {
    const session = { ...aSessionCluster, recoversJob: false };
    const facts = { ...gone, session, haConfigMaps: [haOfJob] };
    const remembered = (checkpointId: number) =>
      ({ path: "file:/chk", kind: "checkpoint", jobId: aJobId, checkpointId, takenAt: 900 }) as const;

    it("is restored from its newest snapshot", () => {
      const status = lost({ newestSnapshot: remembered(inHa) });
      const outcome = lostJob(aSessionJobSituation({ facts, status }));
      expect(outcome?.status?.jobStatus?.upgradeSavepointPath).toBe("file:/chk");
      expect(outcome?.explanation?.facts).toContain("HA metadata: not for this version of Flink");
    });

    it("requires a manual restore if they name a newer checkpoint, whose path nobody knows", () => {
      const status = lost({ newestSnapshot: remembered(inHa - 1) });
      const outcome = lostJob(aSessionJobSituation({ facts, status }));
      expect(outcome?.status?.error).toContain("does not recover the job");
      expect(outcome?.status?.error).toContain("Manual restore required.");
      expect(outcome?.status?.reconciliationStatus?.state).toBe("DEPLOYED");
    });
  });

  it("starts with empty state if its state is discarded", () => {
    const outcome = lostJob(
      aSessionJobSituation({
        facts: gone,
        status: lost(),
        spec: withSessionJob({ upgradeMode: "stateless" }),
      }),
    );
    expect(outcome?.status?.reconciliationStatus?.lastReconciledSpec).toContain('"upgradeMode":"stateless"');
    expect(outcome?.events).toMatchObject([{ type: "Warning", reason: "RecoverDeployment" }]);
  });

  it("is restored from the newest reported snapshot", () => {
    const newestSnapshot = {
      path: "file:/chk-9",
      kind: "checkpoint",
      jobId: aJobId,
      checkpointId: 9,
      takenAt: 900,
    } as const;
    const outcome = lostJob(aSessionJobSituation({ facts: gone, status: lost({ newestSnapshot }) }));
    expect(outcome?.status?.jobStatus?.upgradeSavepointPath).toBe("file:/chk-9");
    expect(outcome?.status?.reconciliationStatus?.state).toBe("UPGRADING");
  });

  it("is restored from its start path if it never ran", () => {
    const status = lost({}, { startTime: undefined, upgradeSavepointPath: "file:/savepoint" });
    const outcome = lostJob(aSessionJobSituation({ facts: gone, status }));
    expect(outcome?.status?.jobStatus?.upgradeSavepointPath).toBe("file:/savepoint");
  });

  it("requires a manual restore if it ran and no snapshot of it was reported: never older state", () => {
    const status = lost({}, { upgradeSavepointPath: "file:/older" });
    const outcome = lostJob(aSessionJobSituation({ facts: gone, status }));
    expect(outcome?.status?.error).toContain("Manual restore required.");
    expect(outcome?.status?.reconciliationStatus?.state).toBe("DEPLOYED");
  });
});
