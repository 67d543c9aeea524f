import type { LifecycleState } from "../../../src/api/v1beta1/flinkdeployment.ts";
import {
  asFlinkSessionJob,
  type FlinkSessionJob,
  type FlinkSessionJobSpec,
  type FlinkSessionJobStatus,
} from "../../../src/api/v1beta1/flinksessionjob.ts";
import { type Application, absent, application } from "./application.ts";
import { kube, types } from "./cluster.ts";
import { aCounter, counterArgs, type SpecPatch } from "./counter.ts";
import { type Counting, counting } from "./counting.ts";
import type { Job, Progress } from "./flink.ts";
import { merge, type Patch } from "./merge.ts";
import type { ScenarioNamespace } from "./namespace.ts";
import type { Subject } from "./problems.ts";
import { until } from "./until.ts";
import type { Flink } from "./versions.ts";

export type SessionJobPatch = Patch<FlinkSessionJobSpec>;

/** The session cluster of a namespace. */
export interface Session {
  /** The FlinkDeployment, as far as one without a job has any. */
  readonly cluster: Application;
  /** Waits until the newest edit is taken up and the JobManager answers. */
  ready(): Promise<unknown>;
  /** What runs in it, whoever submitted it. */
  jobs(): Promise<Job[]>;
  /** Applies one of its FlinkSessionJobs. */
  submit(name: string, spec: SessionJobPatch): Promise<SessionJob>;
}

/** One FlinkSessionJob of a scenario. */
export interface SessionJob extends Subject, Counting {
  readonly kind: "FlinkSessionJob";
  resource(): Promise<FlinkSessionJob>;
  status(): Promise<FlinkSessionJobStatus>;
  edit(change: SessionJobPatch): Promise<void>;
  /** Deletes it, and waits until it is gone. */
  delete(): Promise<unknown>;
  /** Waits until the newest edit is taken up and all of Kubernetes, Flink and status say RUNNING. */
  running(): Promise<Job>;
  lifecycle(state: LifecycleState): Promise<FlinkSessionJobStatus>;
  /** Waits for a checkpoint that began after this call. */
  checkpointed(): Promise<void>;
  /** The last count that a start with `--output NAME` wrote. */
  written(output: string): Progress;
}

/** Every scenario's session cluster has this name. */
const NAME = "session";

/** Applies a session cluster: two slots a TaskManager, checkpoints each second, high availability. */
export async function applySession(
  flink: Flink,
  namespace: ScenarioNamespace,
  change: SpecPatch = {},
): Promise<Session> {
  const twoSlots: SpecPatch = { job: null, flinkConfiguration: { "taskmanager.numberOfTaskSlots": "2" } };
  const resource = aCounter(flink, namespace.directory, { name: NAME, change: merge(twoSlots, change) });
  await kube().create(types.flinkDeployment, {
    ...resource,
    metadata: { ...resource.metadata, namespace: namespace.name, labels: namespace.labels },
  });
  const cluster = application(namespace, NAME);
  return {
    cluster,
    ready: () =>
      until("the session cluster is STABLE and READY", async () => {
        const { metadata, status } = await cluster.resource();
        return (
          status?.observedGeneration === metadata.generation &&
          status?.lifecycleState === "STABLE" &&
          status.jobManagerDeploymentStatus === "READY"
        );
      }),
    jobs: async () => (await cluster.flink.jobs()).filter(({ state }) => state === "RUNNING"),
    submit: (name, spec) => submit(namespace, name, spec),
  };
}

/** Applies a FlinkSessionJob of the sample job on the session cluster, with the rest of its spec. */
export async function submit(
  namespace: ScenarioNamespace,
  name: string,
  spec: SessionJobPatch,
): Promise<SessionJob> {
  const usual: SessionJobPatch = {
    deploymentName: NAME,
    job: {
      entryClass: "org.example.flink.counter.CounterJob",
      args: counterArgs({}),
      parallelism: 1,
      upgradeMode: "stateless",
    },
  };
  await kube().create(types.flinkSessionJob, {
    metadata: { name, namespace: namespace.name, labels: namespace.labels },
    spec: merge(usual, spec),
  });
  return sessionJob(namespace, name);
}

/** A FlinkSessionJob of the session cluster, whether or not it is there yet. */
export function sessionJob(namespace: ScenarioNamespace, name: string): SessionJob {
  const { flink, written } = application(namespace, NAME);
  const resource = async () =>
    asFlinkSessionJob(await kube().get(types.flinkSessionJob, namespace.name, name));
  const status = async () => (await resource()).status ?? {};
  const jobId = async () => (await status()).jobStatus?.jobId ?? "";

  async function taken(): Promise<FlinkSessionJobStatus | undefined> {
    const { metadata, status: current } = await resource();
    return current?.observedGeneration === metadata.generation ? current : undefined;
  }

  return {
    kind: "FlinkSessionJob",
    name,
    resource,
    status,
    written,
    async edit(change) {
      await kube().mergePatch(types.flinkSessionJob, namespace.name, name, { spec: change });
    },
    async delete() {
      await kube().delete(types.flinkSessionJob, namespace.name, name);
      return absent(types.flinkSessionJob, namespace.name, name);
    },
    running: () =>
      until(`${name} is RUNNING and STABLE`, async () => {
        const current = await taken();
        if (current?.lifecycleState !== "STABLE" || current.jobStatus?.state !== "RUNNING") return undefined;
        const { jobId: known } = current.jobStatus;
        return (await flink.jobs()).find(({ jid, state }) => jid === known && state === "RUNNING");
      }),
    lifecycle: (state) =>
      until(`${name} is ${state}`, async () => {
        const current = await taken();
        return current?.lifecycleState === state && current;
      }),
    ...counting(name, async () => flink.progress(await jobId())),
    async checkpointed() {
      const since = Date.now();
      await until(`${name} completes a checkpoint`, async () => {
        const { history } = await flink.checkpoints(await jobId());
        return history.some((each) => each.status === "COMPLETED" && each.trigger_timestamp >= since);
      });
    },
  };
}
