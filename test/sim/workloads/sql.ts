import type { FlinkDeploymentSpec, JobSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import type { SqlSpec } from "../../../src/api/v1beta1/program.ts";
import type { Step, View } from "../scenario.ts";
import type { World } from "../world/world.ts";
import { edit, resource, type, type UpgradeMode } from "./resource.ts";
import { severalCheckpointsMs } from "./steps.ts";

/** A job that is an SQL script, and an edit of it. */

export const insert = (edition: number) =>
  `-- The numbers\nINSERT INTO numbers SELECT ${edition}, '\${region}'`;

export const runs =
  (edition: number) =>
  (view: View): boolean =>
    view.settled &&
    view.status?.jobStatus?.state === "RUNNING" &&
    view.status.error === undefined &&
    view.job?.working === true &&
    view.program?.includes(`SELECT ${edition},`) === true;

export const create = (
  world: World,
  mode: UpgradeMode,
  sql: SqlSpec,
  options: { highAvailability: boolean },
  fields: Partial<FlinkDeploymentSpec>,
): void => {
  const base = resource(mode, options);
  const spec = base.spec as FlinkDeploymentSpec;
  const { jarURI: _, args: __, ...job } = spec.job as JobSpec;
  world.server.create("user", type, { ...base, spec: { ...spec, ...fields, job: { ...job, sql } } });
};

export const inline: SqlSpec = { script: insert(1), variables: { region: "eu" } };

export const deploySql = (
  mode: UpgradeMode,
  options = { highAvailability: true },
  fields: Partial<FlinkDeploymentSpec> = {},
): Step => ({
  name: `apply a script (${mode})`,
  act: (world) => create(world, mode, inline, options, fields),
  until: runs(1),
  thenWaitMs: severalCheckpointsMs,
});

export const changeScript = (edition = 2): Step => ({
  name: "change a statement of the script",
  act: (world) => edit(world, { job: { sql: { script: insert(edition) } } }),
  until: runs(edition),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
});

export const unhealthy = { healthy: false };
