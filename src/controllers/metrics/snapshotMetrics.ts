import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkStateSnapshot, snapshotStates } from "../../api/v1beta1/flinkstatesnapshot.ts";
import type { Registry, Sample } from "../../telemetry/metrics/registry.ts";

const kinds = ["Checkpoint", "Savepoint"] as const;
const hours = 3_600_000;
/** The upper bounds of the age buckets. */
const ages: readonly (readonly [string, number])[] = [
  ["1h", hours],
  ["1d", 24 * hours],
  ["7d", 7 * 24 * hours],
  ["30d", 30 * 24 * hours],
  ["older", Number.POSITIVE_INFINITY],
];

/** FlinkStateSnapshots by state, under the names of the Java operator, and by age. */
export function measureSnapshots(
  registry: Registry,
  snapshots: () => Iterable<KubeObject>,
  now: () => number,
): void {
  const own = ["resourcens", "resourcetype"];
  const gauge = (name: string, help: string, counts: (kind: string, state: string) => boolean) =>
    registry.gauge(
      `flink_k8soperator_namespace_${name}_Count`,
      help,
      () => countByNamespace(snapshots(), counts),
      own,
    );
  for (const kind of kinds) {
    gauge(kind, `FlinkStateSnapshots that are a ${kind.toLowerCase()}.`, (each) => each === kind);
    for (const state of snapshotStates)
      gauge(`${kind}_State_${state}`, `Those that are ${state}.`, (a, b) => a === kind && b === state);
  }
  registry.gauge(
    "flink_operator_snapshots",
    "Completed FlinkStateSnapshots by kind and age; each is in the first that it is young enough for.",
    () => byAge(snapshots(), now()),
    ["kind", "age"],
  );
}

const kindOf = (object: KubeObject): (typeof kinds)[number] =>
  asFlinkStateSnapshot(object).spec.savepoint === undefined ? "Checkpoint" : "Savepoint";

function countByNamespace(
  snapshots: Iterable<KubeObject>,
  counts: (kind: string, state: string) => boolean,
): Sample[] {
  const found = new Map<string, number>();
  for (const object of snapshots) {
    const { metadata, status } = asFlinkStateSnapshot(object);
    const namespace = metadata.namespace ?? "";
    const counted = counts(kindOf(object), status?.state ?? "TRIGGER_PENDING");
    found.set(namespace, (found.get(namespace) ?? 0) + (counted ? 1 : 0));
  }
  const resourcetype = resourceTypes.flinkStateSnapshot.kind;
  return [...found].map(([resourcens, value]) => ({ labels: { resourcens, resourcetype }, value }));
}

function byAge(snapshots: Iterable<KubeObject>, now: number): Sample[] {
  const found = new Map<string, number>();
  for (const object of snapshots) {
    const { status } = asFlinkStateSnapshot(object);
    const age = now - Date.parse(status?.resultTimestamp ?? "");
    if (status?.state !== "COMPLETED" || Number.isNaN(age)) continue;
    const [name] = ages.find(([, most]) => age <= most) ?? ["older"];
    const key = `${kindOf(object)} ${name}`;
    found.set(key, (found.get(key) ?? 0) + 1);
  }
  return kinds.flatMap((kind) =>
    ages.map(([age]) => ({ labels: { kind, age }, value: found.get(`${kind} ${age}`) ?? 0 })),
  );
}
