import type { FlinkDeploymentSpec, JobSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { ArtifactError } from "../../../src/flink/artifacts/api.ts";
import type { Scenario, Step } from "../scenario.ts";
import { edit, resource, type, type UpgradeMode } from "./resource.ts";
import { healthy, isRunning, launches, severalCheckpointsMs } from "./steps.ts";

/** Jobs whose pods fetch further jars. */

const first = "https://jars.example.com/connector-1.jar";
const second = "https://jars.example.com/connector-2.jar";

const deployWithJars = (mode: UpgradeMode, fields: Partial<FlinkDeploymentSpec> = {}): Step => ({
  name: `apply a resource with a jar besides its own (${mode})`,
  act: (world) => {
    const base = resource(mode, { highAvailability: true });
    const spec = base.spec as FlinkDeploymentSpec;
    const job: JobSpec = { ...spec.job, jars: [{ uri: first }] };
    world.server.create("user", type, { ...base, spec: { ...spec, ...fields, job } });
  },
  until: isRunning("--edition;1"),
  thenWaitMs: severalCheckpointsMs,
});

const editionTwo = { job: { jars: [{ uri: second }], args: ["--edition", "2"] } };

const changeJar: Step = {
  name: "change the jar",
  act: (world) => edit(world, editionTwo),
  until: isRunning("--edition;2"),
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

/** The job runs on. */
const toMissingJar: Step = {
  name: "change the jar to one that is missing",
  act: (world) => {
    world.missingJars.add(second);
    edit(world, editionTwo);
  },
  until: (view) =>
    view.status?.error?.includes(second) === true && launches(view) === 1 && view.job?.working === true,
  thenWaitMs: severalCheckpointsMs,
};

const jarArrives: Step = {
  ...changeJar,
  name: "the jar is there",
  act: (world) => {
    world.missingJars.delete(second);
  },
};

/** The pods may have what the operator may not. */
const toDeniedJar: Step = {
  ...changeJar,
  name: "change the jar to one that the operator is denied",
  act: (world) => {
    world.jarError = (uri) =>
      uri.startsWith(second)
        ? new ArtifactError("denied", `spec.job.jars[0].uri ${second} is denied (HTTP 403)`)
        : undefined;
    edit(world, editionTwo);
  },
};

/** It is there when the operator looks, and not any more for the pods of the new cluster. */
const toJarThatChanges: Step = {
  name: "change the jar to one whose content changes when the operator has fetched it",
  act: (world) => {
    const hasStopped = () => world.journal.of("savepoint-completed").some(({ stop }) => stop);
    world.jarError = (uri) =>
      uri.startsWith(second) && hasStopped()
        ? new ArtifactError("wrong-checksum", `spec.job.jars[0].uri ${second} has another checksum`)
        : undefined;
    edit(world, editionTwo);
  },
  until: ({ status }) => status?.error?.includes("has another checksum") === true,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const changesBack: Step = {
  ...changeJar,
  name: "its content is as before",
  act: (world) => {
    world.jarError = () => undefined;
  },
  replacesJob: false,
};

export const workloads: readonly Scenario[] = [
  { name: "jars-savepoint", steps: [deployWithJars("savepoint"), changeJar], ...healthy },
  {
    name: "jars-standalone-last-state",
    steps: [deployWithJars("last-state", { mode: "standalone" }), changeJar],
    ...healthy,
  },
  {
    name: "jars-missing",
    steps: [deployWithJars("savepoint"), toMissingJar, jarArrives],
    ...healthy,
    healthy: false,
  },
  {
    name: "jars-denied",
    steps: [deployWithJars("savepoint"), toDeniedJar],
    ...healthy,
    healthy: false,
  },
  {
    name: "jars-changed-content",
    steps: [deployWithJars("savepoint"), toJarThatChanges, changesBack],
    ...healthy,
    healthy: false,
  },
];
