import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { FlinkStateSnapshotSpec } from "../../../src/api/v1beta1/flinkstatesnapshot.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace } from "../world/world.ts";
import { resourceName } from "./resource.ts";
import { aWhile, deploy, healthy } from "./steps.ts";

const type = resourceTypes.flinkStateSnapshot;
const jobReference = { kind: "FlinkDeployment", name: resourceName } as const;

export const isComplete =
  (name: string) =>
  (view: View): boolean => {
    const snapshot = view.snapshot(name);
    return (
      snapshot?.status?.state === "COMPLETED" && snapshot.metadata.labels?.["snapshot.state"] === "COMPLETED"
    );
  };

export const snapshot = (name: string, spec: FlinkStateSnapshotSpec): Step => ({
  name: `apply the FlinkStateSnapshot ${name}`,
  act: (world) =>
    world.server.create("user", type, { metadata: { name, namespace }, spec: { jobReference, ...spec } }),
  until: isComplete(name),
});

const isDisposed = ({ world: { storage } }: View): boolean =>
  storage.snapshots.every(({ kind }) => kind !== "savepoint");

export const removeSnapshot = (name: string, until: NonNullable<Step["until"]> = isDisposed): Step => ({
  name: `delete the FlinkStateSnapshot ${name}`,
  act: (world) => world.server.delete("user", type, namespace, name),
  until: (view) => view.snapshot(name) === undefined && until(view),
  thenWaitMs: aWhile,
});

const withOptions = (options: Record<string, string>) => options;
void withOptions;

export const workloads: readonly Scenario[] = [
  {
    name: "snapshot-savepoint",
    steps: [
      deploy("last-state"),
      snapshot("by-hand", { savepoint: {} }),
      { name: "a checkpoint", thenWaitMs: aWhile },
      removeSnapshot("by-hand"),
    ],
    ...healthy,
  },
  {
    name: "snapshot-checkpoint",
    steps: [deploy("last-state"), snapshot("by-hand", { checkpoint: {} })],
    ...healthy,
  },
];
