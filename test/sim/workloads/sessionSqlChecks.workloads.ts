import { resourceTypes } from "../../../src/api/kubernetes.ts";
import { SQL_SCRIPT_LABEL } from "../../../src/api/v1beta1/names.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace, type World } from "../world/world.ts";
import { deployCluster, editJob } from "./session.ts";
import { insert, unhealthy } from "./sql.ts";
import { sessionRuns, submitScript } from "./sql.workloads.ts";
import { healthy, severalCheckpointsMs } from "./steps.ts";

/** Scripts of session jobs that are edited while the job runs: the session cluster checks them before it is stopped. */

/** The job runs on as it did before the edit. */
const staysAs =
  (edition: number, error: string) =>
  (view: View): boolean => {
    const { status } = view.sessionJob("one") ?? {};
    const [job, ...others] = view.sessionJobs;
    return (
      status?.error?.includes(error) === true &&
      status.jobStatus?.state === "RUNNING" &&
      job?.working === true &&
      others.length === 0 &&
      job.program.includes(`SELECT ${edition},`)
    );
  };

const editScript = (script: string) => (world: World) => editJob(world, "one", { job: { sql: { script } } });

const misspelt: Step = {
  name: "misspell a statement, which is refused",
  act: editScript(insert(2).replace("INSERT", "INSRT")),
  until: staysAs(1, "sql: line 2, column 1: "),
  thenWaitMs: severalCheckpointsMs,
};

const mended: Step = {
  name: "mend it",
  act: editScript(insert(3)),
  until: sessionRuns(3),
  thenWaitMs: severalCheckpointsMs,
};

const takenBack: Step = {
  name: "take the mistake back",
  act: editScript(insert(1)),
  until: (view) => sessionRuns(1)(view) && view.sessionJob("one")?.status?.sqlCheck === undefined,
  thenWaitMs: severalCheckpointsMs,
};

const aggregate = (call: string, edition: number) => insert(edition).replace(",", `, ${call},`);

const sums: Step = {
  name: "change to a sum",
  act: editScript(aggregate("SUM(n)", 2)),
  until: sessionRuns(2),
  thenWaitMs: severalCheckpointsMs,
};

const maximum: Step = {
  name: "compute something else from the same state, which is refused",
  act: editScript(aggregate("MAX(n)", 3)),
  until: staysAs(2, "GroupAggregate(MAX(n)) would go on from the state of GroupAggregate(SUM(n))"),
  thenWaitMs: severalCheckpointsMs,
};

const allowed: Step = {
  name: "allow it",
  act: (world) => editJob(world, "one", { job: { allowNonRestoredState: true } }),
  until: (view) =>
    sessionRuns(3)(view) &&
    view
      .sessionJob("one")
      ?.status?.decisions?.[0]?.facts?.some((fact) => fact.includes("GroupAggregate(MAX(n))")) === true,
  thenWaitMs: severalCheckpointsMs,
};

const referred: Step = {
  name: "name a ConfigMap that is not there, which stops no job",
  act: (world) =>
    editJob(world, "one", {
      job: {
        sql: { script: null, scriptFrom: [{ configMapKeyRef: { name: "scripts", key: "numbers.sql" } }] },
      },
    }),
  until: staysAs(1, "spec.job.sql.scriptFrom[0].configMapKeyRef: there is no ConfigMap scripts"),
  thenWaitMs: severalCheckpointsMs,
};

const unlabelled: Step = {
  name: "create it without the label, so that it is not read",
  act: (world) =>
    world.server.create("user", resourceTypes.configMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "scripts", namespace },
      data: { "numbers.sql": insert(2) },
    }),
  until: staysAs(1, `the ConfigMap scripts has no label ${SQL_SCRIPT_LABEL}`),
  thenWaitMs: severalCheckpointsMs,
};

const editScripts = (world: World, change: object) =>
  world.server.mergePatch("user", resourceTypes.configMap, namespace, "scripts", change);

const labelled: Step = {
  name: "label it",
  act: (world) => editScripts(world, { metadata: { labels: { [SQL_SCRIPT_LABEL]: "true" } } }),
  until: sessionRuns(2),
  thenWaitMs: severalCheckpointsMs,
};

const replacedText: Step = {
  name: "change the text of the ConfigMap, which is not compared",
  act: (world) => {
    editScripts(world, { data: { "numbers.sql": insert(3) } });
    editJob(world, "one", { restartNonce: 1 });
  },
  until: (view) =>
    sessionRuns(3)(view) &&
    view
      .sessionJob("one")
      ?.status?.decisions?.[0]?.facts?.some((fact) =>
        fact.includes("was not compared: sql: the running script"),
      ) === true,
  thenWaitMs: severalCheckpointsMs,
};

export const workloads: readonly Scenario[] = [
  {
    name: "session-sql-refused",
    steps: [deployCluster(), submitScript, misspelt, mended],
    ...healthy,
    ...unhealthy,
  },
  {
    name: "session-sql-taken-back",
    steps: [deployCluster(), submitScript, misspelt, takenBack],
    ...healthy,
    ...unhealthy,
  },
  {
    name: "session-sql-referred",
    steps: [deployCluster(), submitScript, referred, unlabelled, labelled, replacedText],
    ...healthy,
    ...unhealthy,
  },
  {
    name: "session-sql-drops-state",
    steps: [deployCluster(), submitScript, sums, maximum, allowed],
    ...healthy,
    ...unhealthy,
  },
];
