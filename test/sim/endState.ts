import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import { childClusters } from "./jobNames.ts";
import { View } from "./scenario.ts";
import { isObject, type JsonObject } from "./world/json.ts";
import { foreignLabel } from "./world/kubernetes/client.ts";
import { namespace, type World } from "./world/world.ts";

/**
 * The state at the end of a run, without what may differ between two runs: uids, times, revisions, generated ids and the
 * job's count. It has no Events: one may be lost with the operator that was about to record it.
 */
export const endState = (world: World, name: string): unknown => {
  const view = new View(world, name);
  const { deployment, pod, configMap, service, ingress, httpRoute } = resourceTypes;
  const { flinkDeployment, flinkSessionJob, flinkStateSnapshot, flinkBlueGreenDeployment } = resourceTypes;
  const kinds = [flinkBlueGreenDeployment, flinkDeployment, flinkSessionJob, flinkStateSnapshot];
  const types = [...kinds, deployment, service, configMap, ingress, httpRoute, pod];
  const objects = types.flatMap((type) => world.server.list(type, { namespace }).map(withoutRuntimeMetadata));
  const { job } = view;
  const childJobs = childClusters.flatMap((cluster) => {
    const found = new View(world, cluster).job;
    return found === undefined ? [] : [{ cluster, state: found.state, working: found.working }];
  });
  return mask({
    objects: byName(objects),
    ...(view.sessionJobs.length === 0 ? {} : { sessionJobs: view.sessionJobs }),
    ...(childJobs.length === 0 ? {} : { childJobs }),
    job: job && { state: job.state, working: job.working, program: view.program },
    savepoints: world.storage.snapshots.filter((snapshot) => snapshot.kind === "savepoint").length,
  });
};

/** Objects whose names differ only in masked parts get a number. */
const byName = (objects: JsonObject[]): JsonObject => {
  const named: JsonObject = {};
  for (const object of objects) {
    const name = mask(`${object.kind} ${(object.metadata as JsonObject).name}`) as string;
    let key = name;
    for (let number = 2; key in named; number++) key = `${name} (${number})`;
    named[key] = object;
  }
  return named;
};

const withoutRuntimeMetadata = (object: KubeObject): JsonObject => {
  const {
    uid: _uid,
    resourceVersion: _resourceVersion,
    creationTimestamp: _created,
    ...metadata
  } = object.metadata;
  return { ...withoutMissedStart(object), metadata: withoutForeignLabel(metadata) };
};

/** A run that ends before its tasks were seen at work has no such time. */
function withoutMissedStart(object: KubeObject): KubeObject {
  const { decisions } = (object.status ?? {}) as { decisions?: readonly JsonObject[] };
  if (decisions === undefined) return object;
  const past = decisions.slice(1).map(({ runningAt: _, ...decision }) => decision);
  return {
    ...object,
    status: { ...(object.status as object), decisions: [...decisions.slice(0, 1), ...past] },
  };
}

/** What somebody else wrote to make a write of the operator conflict stays. */
const withoutForeignLabel = ({ labels, ...metadata }: JsonObject): JsonObject => {
  if (!isObject(labels)) return metadata;
  const { [foreignLabel]: _, ...others } = labels;
  return Object.keys(others).length === 0 ? metadata : { ...metadata, labels: others };
};

const masks: [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uuid>"],
  [/savepoint-[0-9a-f]{6}-[0-9a-f]{12}/g, "savepoint-<id>"],
  [/submittedJobGraph[0-9a-f]+/g, "submittedJobGraph<id>"],
  [/\bfile:\/{3}/g, "file:/"],
  [/\b[0-9a-f]{32}\b/g, "<id>"],
  [/chk-\d+/g, "chk-<n>"],
  [/"numCompletedCheckpoints":\d+/g, '"numCompletedCheckpoints":<n>'],
  [/checkpointID-\d{19}/g, "checkpointID-<n>"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>"],
  [/\b17\d{11}\b/g, "<ms>"],
  [/\b10\.244\.\d+\.\d+\b/g, "<ip>"],
  [/\bsql-check-([\w-]+)-[0-9a-f]{8}\b/g, "sql-check-$1-<id>"],
  [/-[0-9a-f]{8}-[0-9a-f]{5}\b/g, "-<pod>"],
  [
    /still to read \d+ records, those of the old side \d+/g,
    "still to read <n> records, those of the old side <n>",
  ],
  // A session cluster releases idle TaskManagers.
  [/-taskmanager-\d+-\d+\b/g, "-taskmanager-<n>"],
];

/** A value without ids, times and counts of a job. */
export const mask = (value: unknown): unknown => {
  if (typeof value === "string")
    return masks.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), value);
  if (typeof value === "number") return value > 1e12 ? "<ms>" : value;
  if (Array.isArray(value)) return value.map(mask);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === "pod-template-hash" || key === "counter" || key === leaderAnnotation) return [key, "<any>"];
      // Of the run's record: checkpoints are counted by time.
      if (key === "checkpointId") return [key, "<any>"];
      // The facts of a decision depend on the moment; only the decision itself is compared.
      if (key === "facts" || key === "refused") return [key, "<any>"];
      // The autoscaler's record of what was measured when. What it has decided is compared.
      if (measured.has(key)) return [key, "<any>"];
      const name = mask(key) as string;
      // Flink encodes these values: what is masked elsewhere is not readable in them.
      return [name, /^(checkpointID|jobGraph|executionPlan)-/.test(name) ? "<any>" : mask(item)];
    }),
  );
};

const measured: ReadonlySet<string> = new Set([
  "scalingHistory",
  "scalingTracking",
  "collectedMetrics",
  "delayedScaleDown",
  "recordedJob",
  "undo",
  // Its explanation in the status has the numbers of a moment.
  "autoscaler",
]);

const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
