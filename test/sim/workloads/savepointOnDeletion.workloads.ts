import type { Scenario } from "../scenario.ts";
import { deployWith } from "./configured.ts";
import { edit } from "./resource.ts";
import { healthy, remove, suspend } from "./steps.ts";

const savepointFirst = { "kubernetes.operator.job.savepoint-on-deletion": "true" };

const leavesSavepoint = {
  ...remove,
  until: (view: Parameters<NonNullable<typeof remove.until>>[0]) =>
    remove.until?.(view) === true &&
    view.world.storage.snapshots.filter(({ kind }) => kind === "savepoint").length === 1,
};

export const workloads: readonly Scenario[] = [
  {
    name: "delete-with-savepoint",
    steps: [deployWith("last-state", savepointFirst), leavesSavepoint],
    ...healthy,
  },
  {
    name: "delete-with-savepoint-when-suspended",
    steps: [deployWith("savepoint", savepointFirst), suspend, leavesSavepoint],
    ...healthy,
  },
  {
    name: "delete-with-savepoint-in-the-middle-of-a-stop",
    steps: [
      deployWith("savepoint", savepointFirst),
      {
        name: "change the job's arguments, and do not wait",
        act: (world) => edit(world, { job: { args: ["--edition", "2"] } }),
        until: (view) => view.status?.jobStatus?.savepointInfo?.triggerId !== undefined,
      },
      leavesSavepoint,
    ],
    ...healthy,
  },
];
