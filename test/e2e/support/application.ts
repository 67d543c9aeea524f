import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubeObject, ResourceType } from "../../../src/api/kubernetes.ts";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  type FlinkDeploymentStatus,
  type LifecycleState,
} from "../../../src/api/v1beta1/flinkdeployment.ts";
import { APP_LABEL, COMPONENT_LABEL, components } from "../../../src/api/v1beta1/names.ts";
import { isNotFound } from "../../../src/kube/errors.ts";
import { kube, type Pod, types } from "./cluster.ts";
import type { SpecPatch } from "./counter.ts";
import { type Counting, counting } from "./counting.ts";
import { type FlinkRestReader, flinkRest, type Job, type Progress } from "./flink.ts";
import { entriesOf, type ScenarioNamespace } from "./namespace.ts";
import { until } from "./until.ts";

/** One FlinkDeployment of a scenario: what a user does to it, and what Kubernetes and Flink say of it. */
export interface Application extends Counting {
  readonly kind: "FlinkDeployment";
  readonly name: string;
  readonly flink: FlinkRestReader;
  resource(): Promise<FlinkDeployment>;
  status(): Promise<FlinkDeploymentStatus>;
  /** Edits the spec. */
  edit(change: SpecPatch): Promise<void>;
  delete(): Promise<void>;
  /** Waits until the operator has taken up the newest edit and all of Kubernetes, Flink and status say RUNNING. */
  running(): Promise<Job>;
  /** Waits until the newest edit is taken up and the lifecycle is this. */
  lifecycle(state: LifecycleState): Promise<FlinkDeploymentStatus>;
  /** The one job that Flink has. */
  job(): Promise<Job>;
  /** Waits for a checkpoint that began after this call. */
  checkpointed(): Promise<void>;
  pods(component?: keyof typeof components): Promise<Pod[]>;
  /** Everything in the namespace that belongs to this cluster. */
  objects(): Promise<string[]>;
  /** The last count that a counter started with `--output NAME` wrote. */
  written(output: string): Progress;
  /** Paths of the savepoints on disk. */
  savepoints(): string[];
  /** The id of the newest completed checkpoint of a job on disk; 0 where there is none. */
  newestCheckpoint(jobId: string): number;
  /** The directories of Flink's job results on disk, each of one launch. */
  results(): string[];
}

export function application(namespace: ScenarioNamespace, name: string): Application {
  const flink = flinkRest(namespace.name, name);
  const labels = `${APP_LABEL}=${name}`;

  const resource = async () =>
    asFlinkDeployment(await kube().get(types.flinkDeployment, namespace.name, name));
  const status = async () => (await resource()).status ?? {};

  async function taken(): Promise<FlinkDeploymentStatus | undefined> {
    const { metadata, status: current } = await resource();
    return current?.observedGeneration === metadata.generation ? current : undefined;
  }

  async function job(): Promise<Job> {
    const jobs = await flink.jobs();
    const [only] = jobs;
    if (only === undefined || jobs.length > 1) throw new Error(`Flink has ${jobs.length} jobs`);
    return only;
  }

  async function progress(): Promise<Progress | undefined> {
    return flink.progress((await job()).jid);
  }

  return {
    kind: "FlinkDeployment",
    name,
    flink,
    resource,
    status,
    job,
    async edit(change) {
      await kube().mergePatch(types.flinkDeployment, namespace.name, name, { spec: change });
    },
    delete: () => kube().delete(types.flinkDeployment, namespace.name, name),
    running: () =>
      until(`${name} is RUNNING and STABLE`, async () => {
        const current = await taken();
        if (current?.lifecycleState !== "STABLE" || current.jobStatus?.state !== "RUNNING") return undefined;
        const only = await job();
        return only.state === "RUNNING" && only.jid === current.jobStatus.jobId ? only : undefined;
      }),
    lifecycle: (state) =>
      until(`${name} is ${state}`, async () => {
        const current = await taken();
        return current?.lifecycleState === state ? current : undefined;
      }),
    ...counting(name, progress),
    async checkpointed() {
      const { jid } = await job();
      const since = Date.now();
      await until(`${name} completes a checkpoint`, async () => {
        const { history } = await flink.checkpoints(jid);
        return history.some((each) => each.status === "COMPLETED" && each.trigger_timestamp >= since);
      });
    },
    async pods(component) {
      const selector = component === undefined ? "" : `,${COMPONENT_LABEL}=${components[component]}`;
      const options = { namespace: namespace.name, labelSelector: labels + selector };
      return (await kube().list(types.pod, options)).items as Pod[];
    },
    async objects() {
      const kinds: ResourceType[] = [
        types.flinkDeployment,
        types.deployment,
        types.replicaSet,
        types.pod,
        types.service,
        types.configMap,
      ];
      const found: string[] = [];
      for (const type of kinds) {
        const { items } = await kube().list(type, { namespace: namespace.name });
        found.push(
          ...items.filter((object) => belongs(object, name)).map((object) => describe(type, object)),
        );
      }
      return found;
    },
    written: (output) =>
      JSON.parse(readFileSync(join(namespace.directory, output, "counter.json"), "utf8")) as Progress,
    savepoints: () =>
      entriesOf(join(namespace.directory, "savepoints")).map((entry) =>
        join(namespace.directory, "savepoints", entry),
      ),
    results: () => entriesOf(join(namespace.directory, "ha/job-result-store", name)),
    newestCheckpoint(jobId) {
      const directory = join(namespace.directory, "checkpoints", jobId);
      const complete = entriesOf(directory).filter(
        (entry) => entry.startsWith("chk-") && existsSync(join(directory, entry, "_metadata")),
      );
      return Math.max(0, ...complete.map((entry) => Number(entry.slice("chk-".length))));
    },
  };
}

/** By label or, should a label be lost, by name. */
const belongs = ({ metadata }: KubeObject, name: string): boolean =>
  metadata.labels?.[APP_LABEL] === name || metadata.name.split("-").includes(name);

const describe = (type: ResourceType, { metadata }: KubeObject): string => `${type.kind}/${metadata.name}`;

/** Waits until nothing of the application is left in Kubernetes. */
export const gone = (app: Application): Promise<unknown> =>
  until(`nothing of ${app.name} is left`, async () => {
    const left = await app.objects();
    if (left.length > 0) throw new Error(`there is still ${left.join(", ")}`);
    return true;
  });

/** Waits until an object is no more. */
export const absent = (type: ResourceType, namespace: string, name: string): Promise<unknown> =>
  until(`${type.kind} ${name} is gone`, () =>
    kube()
      .get(type, namespace, name)
      .then(
        () => false,
        (error: unknown) => isNotFound(error),
      ),
  );
