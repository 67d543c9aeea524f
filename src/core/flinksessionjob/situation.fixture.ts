/** Situations for tests: a running session job, with changes per test. */
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import type { Facts, SessionFacts } from "../job/model/facts.ts";
import { flinkSessionJobKind } from "../job/model/resourceKind.ts";
import type { Situation } from "../job/model/situation.ts";
import { aSituation, runningStatus, someFacts } from "../job/situation.fixture.ts";

export const aSessionCluster: SessionFacts = {
  name: "session",
  kind: "session",
  deleting: false,
  mode: "native",
  stays: true,
  replacement: undefined,
  recoversJob: undefined,
};

export const aSessionJobSpec = {
  deploymentName: "session",
  job: {
    jarURI: "https://example.com/job.jar",
    parallelism: 1,
    upgradeMode: "savepoint",
    state: "running",
  },
} as FlinkDeploymentSpec;

export const withSessionJob = (
  job: Partial<NonNullable<FlinkDeploymentSpec["job"]>>,
): FlinkDeploymentSpec => ({
  ...aSessionJobSpec,
  job: { ...aSessionJobSpec.job, ...job },
});

export const sessionJobFacts = (more: Partial<Facts> = {}): Facts =>
  someFacts({ session: aSessionCluster, haConfigMaps: [], ...more });

/** The submission contains the launch that it was built for. */
const submissionOf: NonNullable<Situation["submission"]> = ({ jobId = "", restore }) => ({
  jarURI: "https://example.com/job.jar",
  headers: new Map(),
  deadlineMs: 1,
  run: {
    flinkVersion: "v2_3",
    jobId,
    programArgs: [],
    savepointPath: restore.kind === "savepoint" ? restore.path : undefined,
    flinkConfiguration: {},
  },
});

export const aSessionJobSituation = (more: Partial<Situation> = {}): Situation =>
  aSituation({
    kind: flinkSessionJobKind,
    spec: aSessionJobSpec,
    deployed: { spec: aSessionJobSpec, metadata: { firstDeployment: false } },
    facts: sessionJobFacts(),
    submission: submissionOf,
    ...more,
  });

/** The start of `spec` is intended, and no request is sent yet. */
export const intendedSituation = (more: Partial<Situation> = {}, job: object = {}): Situation =>
  aSessionJobSituation({
    deployed: { spec: withSessionJob({ state: "suspended" }), metadata: { firstDeployment: false } },
    status: {
      ...runningStatus,
      observedGeneration: 2,
      jobStatus: { ...runningStatus.jobStatus, state: "FINISHED", ...job },
      reconciliationStatus: { state: "UPGRADING", reconciliationTimestamp: 1_000 },
    },
    ...more,
  });
