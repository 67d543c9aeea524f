/** Warm upgrades for tests: a job whose edit is to be upgraded warm, and the standby for it. */
import type { FlinkDeploymentSpec, FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { deriveLaunchId, deriveSpecHash } from "../../ids.ts";
import type { Decision } from "../model/decision.ts";
import type { Facts, OtherCluster, PodFacts } from "../model/facts.ts";
import type { Settings } from "../model/settings.ts";
import {
  aConfiguration,
  aDeployment,
  aJobId,
  anInput,
  aResource,
  aStatus,
  flinkFacts,
  withJobSpec,
} from "../situation.fixture.ts";

export const newJob = "b".repeat(32);
export const startTime = 90_000;
export const edited = withJobSpec({ args: ["new"], entryClass: "org.example.Job" });
export const specHash = deriveSpecHash(edited);
export const begun = { clusterId: "job-warm", generation: 2, specHash, jobId: newJob, startTime };
export const running = withJobSpec({ entryClass: "org.example.Job" });
export const SAVEPOINT = "file:/savepoints/savepoint-1";

export const standby = (more: Partial<OtherCluster> = {}): OtherCluster => ({
  clusterId: "job-warm",
  standby: true,
  jobManager: { ...aDeployment, uid: "standby-1", launchId: deriveLaunchId("uid-1", newJob, startTime) },
  jobManagerPods: [
    { name: "job-warm-abc", ip: "10.0.0.2", ready: true, deleting: false, problem: undefined },
  ],
  taskManagerPods: [],
  haConfigMaps: [],
  restHost: "10.0.0.2",
  flink: flinkFacts("RUNNING", {
    deploymentUid: "standby-1",
    jobs: [],
    taskManagers: { at: 1_000, list: [{ id: "job-warm-taskmanager-1-1", slots: 1, freeSlots: 1 }] },
  }),
  ...more,
});

export const podsWith = (more: Partial<PodFacts>): PodFacts[] =>
  standby().jobManagerPods.map((pod) => ({ ...pod, ready: false, ...more }));
export const withoutSlots = flinkFacts("RUNNING", {
  deploymentUid: "standby-1",
  jobs: [],
  taskManagers: { at: 1, list: [] },
});

export const warmSettings = { warmUpgradeTimeoutMs: 300_000 };

export interface Case {
  spec?: FlinkDeploymentSpec;
  status?: Partial<FlinkDeploymentStatus>;
  facts?: Partial<Facts>;
  settings?: Partial<Settings>;
  now?: number;
  name?: string;
}

export const decide = ({
  spec = edited,
  status = {},
  facts = {},
  settings = {},
  now = 100_000,
  name = "job",
}: Case) =>
  decideFlinkDeployment(
    anInput(aResource(spec, { ...aStatus(running), ...status }, { name }), facts, {
      now,
      configure: (each, deployed) => {
        const configuration = aConfiguration({ ...warmSettings, ...settings })(each, deployed);
        return {
          ...configuration,
          build: (launch) => ({
            ...configuration.build(launch),
            gate: {
              slots: launch.gate?.slots ?? 0,
              jar: { metadata: { name: "gate" } },
              word: (savepoint) => ({ metadata: { name: "word" }, data: { [launch.launchId]: savepoint } }),
            },
          }),
        };
      },
    }),
  );

export const kindsOf = ({ actions }: Decision) => actions.map(({ kind }) => kind);
export const stops = ({ status }: Decision) => status.jobStatus?.savepointInfo?.triggerType === "UPGRADE";
export const messageOf = ({ status }: Decision) => JSON.parse(status.error ?? "{}").message;

export const trigger = {
  triggerId: "c".repeat(32),
  triggerTimestamp: 95_000,
  triggerType: "UPGRADE" as const,
};
/** The old job is being stopped with a savepoint. */
export const stopping = {
  warmUpgrade: begun,
  jobStatus: { ...aStatus(running).jobStatus, savepointInfo: trigger },
};
const savepoint = {
  jobId: aJobId,
  triggerId: trigger.triggerId,
  at: 99_000,
  status: { state: "completed" as const, location: SAVEPOINT },
};
export const stopped = { flink: flinkFacts("FINISHED", { savepoint }), haConfigMaps: [] };
