import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import type { PodFailure } from "../world/kubernetes/podFailures.ts";
import { namespace } from "../world/world.ts";
import { edit } from "./resource.ts";
import { changeScript, create, deploySql, inline, insert, runs, unhealthy } from "./sql.ts";
import { healthy, launches, severalCheckpointsMs } from "./steps.ts";

/** Scripts that are edited while their job runs: they are checked before it is stopped. */

/** The check of an edited script, as long as its pod exists. */
const checks = ({ world }: View) =>
  world.server.list(resourceTypes.pod, { namespace, labelSelector: "component=sql-check" });

/** The job runs on as it did before the edit, and its check has left nothing. */
const staysAs =
  (edition: number, error: string) =>
  (view: View): boolean =>
    view.status?.error?.includes(error) === true &&
    view.status.jobStatus?.state === "RUNNING" &&
    view.job?.working === true &&
    launches(view) === 1 &&
    view.program?.includes(`SELECT ${edition},`) === true &&
    checks(view).length === 0;

const refusedMisspelt: Step = {
  name: "misspell a statement, which is refused",
  act: (world) => edit(world, { job: { sql: { script: insert(2).replace("INSERT", "INSRT") } } }),
  until: staysAs(1, "sql: line 2, column 1: "),
  thenWaitMs: severalCheckpointsMs,
};

const takeBack: Step = {
  name: "take the mistake back",
  act: (world) => edit(world, { job: { sql: { script: insert(1) } } }),
  until: (view) => runs(1)(view) && launches(view) === 1,
  thenWaitMs: severalCheckpointsMs,
};

const aggregate = (call: string, edition = 1) => insert(edition).replace(",", `, ${call},`);

const deploySum: Step = {
  ...deploySql("savepoint"),
  act: (world) =>
    create(world, "savepoint", { ...inline, script: aggregate("SUM(n)") }, { highAvailability: true }, {}),
};

const changeAggregate: Step = {
  name: "compute something else from the same state, which is refused",
  act: (world) => edit(world, { job: { sql: { script: aggregate("MAX(n)", 2) } } }),
  until: staysAs(1, "GroupAggregate(MAX(n)) would go on from the state of GroupAggregate(SUM(n))"),
  thenWaitMs: severalCheckpointsMs,
};

const allowLoss: Step = {
  name: "allow it",
  act: (world) => edit(world, { job: { allowNonRestoredState: true } }),
  until: (view) =>
    runs(2)(view) &&
    view.status?.decisions?.[0]?.facts?.some((fact) => fact.includes("GroupAggregate(MAX(n))")) === true,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const notChecked = "its new SQL script could not be checked";

/** The check is repeated until it has a result. */
const afterFailingCheck = (failure: PodFailure): readonly Step[] => {
  let mend = (): unknown => undefined;
  return [
    {
      name: `change a statement, and the check does not end (${failure.kind})`,
      act: (world) => {
        mend = world.podFailures.inject({ component: "sql-check" }, failure);
        edit(world, { job: { sql: { script: insert(2) } } });
      },
      until: staysAs(1, notChecked),
      replacesJob: true,
    },
    {
      name: "the next check ends",
      act: () => mend(),
      until: runs(2),
      thenWaitMs: severalCheckpointsMs,
      replacesJob: true,
    },
  ];
};

/** All objects of checks, also a ConfigMap whose pod has never been created. */
const checkObjects = ({ world }: View): number =>
  [resourceTypes.pod, resourceTypes.configMap]
    .flatMap((type) => world.server.list(type, { namespace }))
    .filter(({ metadata }) => metadata.name.startsWith("sql-check-")).length;

const refuseCheck: readonly Step[] = [
  {
    name: "change a statement, and a quota refuses the pod of the check",
    act: (world) => {
      world.server.creationRefused = (kind) => (kind === "Pod" ? "exceeded quota" : undefined);
      edit(world, { job: { sql: { script: insert(2) } } });
    },
    until: staysAs(1, "its pod is refused"),
    // The check is repeated several times.
    thenWaitMs: 200_000,
  },
  {
    name: "take the change back: nothing of the checks is left",
    act: (world) => edit(world, { job: { sql: { script: insert(1) } } }),
    until: (view) => runs(1)(view) && launches(view) === 1 && checkObjects(view) === 0,
  },
  {
    name: "change a statement again, and the quota refuses",
    act: (world) => edit(world, { job: { sql: { script: insert(2) } } }),
    until: staysAs(1, "its pod is refused"),
    replacesJob: true,
  },
  {
    name: "the quota is raised",
    act: (world) => {
      world.server.creationRefused = () => undefined;
    },
    until: (view) => runs(2)(view) && checkObjects(view) === 0,
    thenWaitMs: severalCheckpointsMs,
    replacesJob: true,
  },
];

const hasEnded = ({ status }: KubeObject): boolean =>
  ["Succeeded", "Failed"].includes(String((status as { phase?: string } | undefined)?.phase));

/** Somebody deletes the pod between its result and its clean-up. */
const deleteWithResult: Step = {
  name: "change a statement, and the pod of the check is deleted when it has ended",
  act: (world) => {
    const labelSelector = "component=sql-check";
    const look = (): void => {
      const ended = world.server.list(resourceTypes.pod, { namespace, labelSelector }).find(hasEnded);
      if (ended === undefined) world.clock.after(10, look);
      else world.server.delete("user", resourceTypes.pod, namespace, ended.metadata.name);
    };
    look();
    edit(world, { job: { sql: { script: insert(2) } } });
  },
  until: runs(2),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const evictCheck: Step = {
  name: "change a statement, and the pod of the check is deleted",
  act: (world) => edit(world, { job: { sql: { script: insert(2) } } }),
  until: (view) => checks(view).length === 1,
};

const deleteCheck: Step = {
  name: "by the node's drain",
  act: (world) => {
    for (const { metadata } of world.server.list(resourceTypes.pod, {
      namespace,
      labelSelector: "component=sql-check",
    }))
      world.server.delete("user", resourceTypes.pod, namespace, metadata.name);
  },
  until: runs(2),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const editAgain: readonly Step[] = [
  {
    name: "misspell a statement",
    act: (world) => edit(world, { job: { sql: { script: insert(2).replace("INSERT", "INSRT") } } }),
    until: (view) => checks(view).length === 1,
  },
  { ...changeScript(3), name: "mend it while it is checked" },
];

export const workloads: readonly Scenario[] = [
  {
    name: "sql-refused",
    steps: [deploySql("savepoint"), refusedMisspelt, changeScript(3)],
    ...healthy,
    ...unhealthy,
  },
  {
    name: "sql-refused-taken-back",
    steps: [deploySql("last-state"), refusedMisspelt, takeBack],
    ...healthy,
    ...unhealthy,
  },
  { name: "sql-drops-state", steps: [deploySum, changeAggregate, allowLoss], ...healthy, ...unhealthy },
  {
    name: "sql-check-unschedulable",
    steps: [deploySql("savepoint"), ...afterFailingCheck({ kind: "Unschedulable" })],
    ...healthy,
    ...unhealthy,
  },
  {
    name: "sql-check-killed",
    steps: [deploySql("last-state"), ...afterFailingCheck({ kind: "OOMKilled", afterMs: 1_000 })],
    ...healthy,
    ...unhealthy,
  },
  {
    name: "sql-check-refused",
    steps: [deploySql("savepoint"), ...refuseCheck],
    ...healthy,
    ...unhealthy,
  },
  {
    name: "sql-check-deleted",
    steps: [deploySql("savepoint"), evictCheck, deleteCheck],
    ...healthy,
  },
  {
    name: "sql-check-deleted-at-its-end",
    steps: [deploySql("savepoint"), deleteWithResult],
    ...healthy,
  },
  {
    name: "sql-check-superseded",
    steps: [deploySql("savepoint"), ...editAgain],
    ...healthy,
    // After a crash, the kubelet may miss the ConfigMap of an obsolete pod, which goes before it.
    ...unhealthy,
  },
];
