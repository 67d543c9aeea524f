/** Input of the tests of decisions about FlinkBlueGreenDeployments. */
import type {
  Color,
  FlinkBlueGreenDeployment,
  FlinkBlueGreenDeploymentStatus,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { buildChild } from "./child.ts";
import { decideBlueGreen } from "./decide.ts";
import type { Action } from "./decision.ts";
import type { ChildFacts, Facts } from "./facts.ts";
import { formatStoredSpec } from "./storedSpec.ts";

export const now = Date.parse("2026-01-01T01:00:00Z");
export const at = (ms: number): string => new Date(now + ms).toISOString();
export const EPOCH = "1970-01-01T00:00:00Z";

export const template = (job: object = {}, more: object = {}): FlinkDeploymentSpec => ({
  image: "flink:1",
  flinkVersion: "v2_3",
  ...more,
  job: { jarURI: "local:///a.jar", parallelism: 1, upgradeMode: "savepoint", ...job },
});

export const aResource = (
  spec: FlinkDeploymentSpec,
  status: FlinkBlueGreenDeploymentStatus = {},
  metadata: object = {},
): FlinkBlueGreenDeployment => ({
  metadata: { name: "app", namespace: "ns", uid: "parent", generation: 3, ...metadata },
  spec: { template: { spec } },
  status,
});

export const stable: FlinkDeploymentStatus = {
  lifecycleState: "STABLE",
  jobStatus: { state: "RUNNING", jobId: "a" },
};

export const aChild = (
  color: Color,
  spec: FlinkDeploymentSpec,
  more: Partial<ChildFacts> & { status?: object } = {},
): ChildFacts => {
  const { status = stable, ...facts } = more;
  const child = buildChild(aResource(spec), color, spec.job?.initialSavepointPath);
  return {
    resource: {
      ...child,
      metadata: { ...child.metadata, uid: color.toLowerCase(), generation: 1 },
      spec: child.spec as FlinkDeploymentSpec,
      status: { observedGeneration: 1, ...status },
    },
    deleting: false,
    restPort: 8081,
    managesIngress: true,
    reactive: false,
    completedCheckpoints: undefined,
    seenAt: now,
    job: {
      cluster: `ns/app-${color.toLowerCase()}`,
      sessionCluster: undefined,
      endpoint: { host: "job", port: 8081 },
      hasJob: true,
      toRun: true,
      jobId: "a",
      state: "RUNNING",
      startedAt: undefined,
      canBeSnapshot: true,
      flinkVersion: "v2_3",
      savepointDirectory: "s3://sp",
      savepointFormat: "CANONICAL",
      checkpointType: "FULL",
      newestSavepoint: undefined,
    },
    ...facts,
  };
};

export const someFacts = (children: Facts["children"], more: Partial<Facts> = {}): Facts => ({
  children,
  strangers: {},
  operation: undefined,
  unsent: undefined,
  routes: undefined,
  invalid: undefined,
  keepsStateOnDeletion: false,
  ...more,
});

export const decide = (
  resource: FlinkBlueGreenDeployment,
  children: Facts["children"],
  more: Partial<Facts> = {},
) => decideBlueGreen({ resource, facts: someFacts(children, more), now });

export const kinds = (actions: readonly Action[]) => actions.map(({ kind }) => kind);
export const reconciled = (spec: FlinkDeploymentSpec) => ({
  lastReconciledSpec: formatStoredSpec({ template: { spec } }),
});
export const idle = { abortTimestamp: EPOCH, deploymentReadyTimestamp: EPOCH };

export const one = template();
export const two = template({}, { image: "flink:2" });
export const activeBlue = {
  blueGreenState: "ACTIVE_BLUE",
  jobStatus: { state: "RUNNING" },
  ...idle,
} as const;
export const toGreen = {
  blueGreenState: "TRANSITIONING_TO_GREEN",
  jobStatus: { state: "RECONCILING" },
  deploymentReadyTimestamp: EPOCH,
  abortTimestamp: at(60_000),
  ...reconciled(two),
} as const;
