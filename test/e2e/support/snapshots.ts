import { existsSync, readFileSync } from "node:fs";
import { load } from "js-yaml";
import type { KubeObject } from "../../../src/api/kubernetes.ts";
import {
  asFlinkStateSnapshot,
  type FlinkStateSnapshot,
  type FlinkStateSnapshotSpec,
} from "../../../src/api/v1beta1/flinkstatesnapshot.ts";
import { snapshotLabels } from "../../../src/api/v1beta1/names.ts";
import { kube, types } from "./cluster.ts";
import { DATA } from "./counter.ts";
import type { ScenarioNamespace } from "./namespace.ts";
import { until } from "./until.ts";

const type = types.flinkStateSnapshot;

/** The FlinkStateSnapshots of a scenario. */
export interface Snapshots {
  apply(name: string, spec: FlinkStateSnapshotSpec): Promise<void>;
  applyExample(): Promise<string>;
  get(name: string): Promise<FlinkStateSnapshot>;
  /** Those with this snapshot.trigger-type. */
  triggeredBy(triggerType: string): Promise<FlinkStateSnapshot[]>;
  complete(name: string): Promise<string>;
  /** Waits until the status has an error with all of this in it. */
  says(name: string, ...parts: string[]): Promise<string>;
  delete(name: string): Promise<void>;
  gone(name: string): Promise<unknown>;
  /** Whether there is anything of it on this machine. */
  isOnDisk(path: string): boolean;
}

export function snapshotsOf({ name: namespace, directory }: ScenarioNamespace): Snapshots {
  const list = async () => (await kube().list(type, { namespace })).items.map(asFlinkStateSnapshot);
  const get = async (name: string) => asFlinkStateSnapshot(await kube().get(type, namespace, name));
  return {
    get,
    async apply(name, spec) {
      await kube().create(type, { metadata: { name, namespace }, spec });
    },
    async applyExample() {
      const example = load(readFileSync("examples/snapshot.yaml", "utf8")) as KubeObject;
      await kube().create(type, { ...example, metadata: { ...example.metadata, namespace } });
      return example.metadata.name;
    },
    triggeredBy: async (triggerType) =>
      (await list()).filter(({ metadata }) => metadata.labels?.[snapshotLabels.triggerType] === triggerType),
    complete: (name) =>
      until(`the FlinkStateSnapshot ${name} is complete`, async () => {
        const { status } = await get(name);
        if (status?.state === "COMPLETED" && status.path) return status.path;
        throw new Error(`it is ${status?.state}: ${status?.error}`);
      }),
    says: (name, ...parts) =>
      until(`the FlinkStateSnapshot ${name} says ${parts.join(" … ")}`, async () => {
        const { error } = (await get(name)).status ?? {};
        if (error !== undefined && parts.every((part) => error.includes(part))) return error;
        throw new Error(`it says ${error}`);
      }),
    delete: (name) => kube().delete(type, namespace, name),
    gone: (name) =>
      until(`the FlinkStateSnapshot ${name} is gone`, async () =>
        (await list()).every(({ metadata }) => metadata.name !== name),
      ),
    isOnDisk: (path) => existsSync(path.replace(/^file:\/*/, "/").replace(DATA, directory)),
  };
}
