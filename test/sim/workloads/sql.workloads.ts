import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { SqlSpec } from "../../../src/api/v1beta1/program.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace } from "../world/world.ts";
import { edit, resourceName, type UpgradeMode } from "./resource.ts";
import { clusterReady, deployCluster, editJob } from "./session.ts";
import { changeScript, create, deploySql, inline, insert, runs, unhealthy } from "./sql.ts";
import {
  healthy,
  healthyWithoutHa,
  isRunning,
  launches,
  severalCheckpointsMs,
  suspend,
  withoutHa,
} from "./steps.ts";

/** Jobs that are SQL scripts. */

const changeComment: Step = {
  name: "change a comment of the script",
  act: (world) => edit(world, { job: { sql: { script: `${insert(1)}  -- and its region\n` } } }),
  until: (view) => runs(1)(view) && launches(view) === 1,
  thenWaitMs: severalCheckpointsMs,
};

/** The ConfigMap of the script goes when nothing mounts it any more. */
const changeToJar: Step = {
  name: "replace the script by a jar",
  act: (world) =>
    edit(world, {
      job: { sql: null, jarURI: "local:///opt/flink/usrlib/job.jar", args: ["--edition", "2"] },
    } as never),
  until: (view) =>
    isRunning("--edition;2")(view) &&
    view.world.server.find(resourceTypes.configMap, namespace, `flink-program-${resourceName}`) === undefined,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const resumeSql: Step = {
  name: "resume",
  act: (world) => edit(world, { job: { state: "running" } }),
  until: runs(2),
  thenWaitMs: severalCheckpointsMs,
};

const misspell: Step = {
  name: "misspell a statement",
  act: (world) => edit(world, { job: { sql: { script: insert(2).replace("INSERT", "INSRT") } } }),
  until: ({ status }) =>
    status?.lifecycleState === "FAILED" && status.error?.includes("sql: line 2, column 1: ") === true,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const forgetVariable: Step = {
  name: "use a variable that has no value",
  act: (world) => edit(world, { job: { sql: { variables: null } } as object }),
  until: ({ status }) =>
    status?.error?.includes("sql: line 2, column 32: Unknown variable 'region'") === true,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

/** The failed job is not stopped again. */
const mend: Step = {
  ...changeScript(3),
  name: "mend the script",
  act: (world) => edit(world, { job: { sql: { ...inline, script: insert(3) } } }),
  replacesJob: false,
};

const referred: SqlSpec = {
  scriptFrom: [{ configMapKeyRef: { name: "scripts", key: "numbers.sql" } }],
  variablesFrom: [{ configMapRef: { name: "regions" } }],
};

const deployReferring: Step = {
  name: "apply a resource whose script and variables do not exist yet",
  act: (world) => create(world, "last-state", referred, { highAvailability: true }, {}),
  until: ({ world }) => world.server.list(resourceTypes.pod, { namespace }).length > 0,
  thenWaitMs: 20_000,
};

const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
  data,
});

const createReferred: Step = {
  name: "create them",
  act: (world) => {
    world.server.create("user", resourceTypes.configMap, configMap("scripts", { "numbers.sql": insert(1) }));
    world.server.create("user", resourceTypes.configMap, configMap("regions", { region: "eu" }));
  },
  until: runs(1),
  thenWaitMs: severalCheckpointsMs,
};

export const sessionRuns =
  (edition: number) =>
  (view: View): boolean => {
    const { status, metadata } = view.sessionJob("one") ?? {};
    const programs = view.sessionJobs.map(({ program }) => program);
    return (
      status?.observedGeneration === metadata?.generation &&
      status?.lifecycleState === "STABLE" &&
      status.error === undefined &&
      programs.length === 1 &&
      programs[0]?.includes(`SELECT ${edition},`) === true
    );
  };

export const submitScript: Step = {
  name: "apply a session job with a script",
  act: (world) =>
    world.server.create("user", resourceTypes.flinkSessionJob, {
      apiVersion: "flink.apache.org/v1beta1",
      kind: "FlinkSessionJob",
      metadata: { name: "one", namespace },
      spec: {
        deploymentName: resourceName,
        job: { sql: inline, parallelism: 1, upgradeMode: "savepoint" },
      },
    }),
  until: sessionRuns(1),
  thenWaitMs: severalCheckpointsMs,
};

const changeSessionScript = (name: string, sql: SqlSpec, until: Step["until"]): Step => ({
  name,
  act: (world) => editJob(world, "one", { job: { sql } }),
  ...(until && { until }),
  thenWaitMs: severalCheckpointsMs,
});

const sessionUpgrade = changeSessionScript("change a statement", { script: insert(2) }, sessionRuns(2));
const sessionMisspelt = changeSessionScript(
  "misspell it",
  { script: insert(3).replace("INSERT", "INSRT") },
  (view) => view.sessionJob("one")?.status?.error?.includes("sql: line 2, column 1: ") === true,
);
const sessionMended = changeSessionScript("mend it", { script: insert(3) }, sessionRuns(3));
const uncheckedSession: Step = {
  name: "switch checks off",
  act: (world) =>
    editJob(world, "one", {
      flinkConfiguration: { "kubernetes.operator.job.sql-check.enabled": "false" },
    }),
  until: sessionRuns(1),
};

/** As before there were checks: a wrong script is found when the old job is gone. */
const unchecked = (mode: UpgradeMode): Step => ({
  ...deploySql(mode),
  act: (world) => {
    create(world, mode, inline, { highAvailability: true }, {});
    edit(world, { flinkConfiguration: { "kubernetes.operator.job.sql-check.enabled": "false" } });
  },
});

export const workloads: readonly Scenario[] = [
  {
    name: "sql-savepoint",
    steps: [deploySql("savepoint"), changeComment, changeScript(), suspend, resumeSql],
    ...healthy,
  },
  { name: "sql-last-state", steps: [deploySql("last-state"), changeScript()], ...healthy },
  {
    name: "sql-stateless-without-ha",
    steps: [deploySql("stateless", withoutHa), changeScript()],
    ...healthyWithoutHa,
    stateful: false,
  },
  {
    name: "sql-standalone",
    steps: [deploySql("savepoint", { highAvailability: true }, { mode: "standalone" }), changeScript()],
    ...healthy,
  },
  { name: "sql-to-jar", steps: [deploySql("savepoint"), changeToJar], ...healthy },
  { name: "sql-misspelt", steps: [unchecked("savepoint"), misspell, mend], ...healthy, ...unhealthy },
  {
    name: "sql-unknown-variable",
    steps: [unchecked("last-state"), forgetVariable, mend],
    ...healthy,
    ...unhealthy,
  },
  { name: "sql-referred", steps: [deployReferring, createReferred], ...healthy, ...unhealthy },
  {
    name: "session-sql",
    steps: [{ ...deployCluster(), until: clusterReady }, submitScript, sessionUpgrade],
    ...healthy,
  },
  {
    name: "session-sql-misspelt",
    steps: [deployCluster(), submitScript, uncheckedSession, sessionMisspelt, sessionMended],
    ...healthy,
    ...unhealthy,
  },
];
