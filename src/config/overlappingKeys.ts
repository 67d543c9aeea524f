/** Keys that Flink 2 cannot have together: in a nested file a key has either a value or keys below it (NATIVE 5). */
import { findOverlappingKeys, type OverlappingKeys } from "./values/configTree.ts";

/**
 * The names since Flink 1.20 of keys that may be part of such a pair, from the fallback keys that Flink declares. Most are
 * keys of Flink 1 with keys below them.
 */
const renamed: Readonly<Record<string, string>> = {
  "classloader.parent-first-patterns": "classloader.parent-first-patterns.default",
  "cleanup-strategy": "cleanup-strategy.type",
  "env.java.opts": "env.java.opts.all",
  "execution.buffer-timeout": "execution.buffer-timeout.interval",
  "execution.checkpointing.checkpoints-after-tasks-finish.enabled":
    "execution.checkpointing.checkpoints-after-tasks-finish",
  "execution.checkpointing.unaligned": "execution.checkpointing.unaligned.enabled",
  "high-availability": "high-availability.type",
  "kubernetes.container.image": "kubernetes.container.image.ref",
  "kubernetes.jobmanager.cpu": "kubernetes.jobmanager.cpu.amount",
  "kubernetes.pod-template-file": "kubernetes.pod-template-file.default",
  "kubernetes.taskmanager.cpu": "kubernetes.taskmanager.cpu.amount",
  "metrics.scope.jm.job": "metrics.scope.jm-job",
  "metrics.scope.tm.job": "metrics.scope.tm-job",
  "pipeline.operator-chaining": "pipeline.operator-chaining.enabled",
  "restart-strategy": "restart-strategy.type",
  "state.backend": "state.backend.type",
};

/**
 * Describes all overlapping keys of a nested file, and what to set instead. Undefined: there are none. `key` is the first
 * overlapping key. The message begins with the text of the Java operator.
 */
export function describeOverlaps(
  keys: Iterable<string>,
): { readonly key: string; readonly message: string } | undefined {
  const all = new Set(keys);
  const overlaps = findOverlappingKeys(all);
  const [first] = overlaps;
  if (first === undefined) return undefined;
  const pairs = overlaps.map(({ shorter, longer }) => `(${shorter} -> ${longer})`);
  const remedies = new Set(overlaps.map((overlap) => remedy(overlap, all)));
  return {
    key: first.shorter,
    message:
      `Overlapping key prefixes detected ${pairs.join(", ")}, ` +
      `please replace with Flink v2 compatible, non-deprecated keys: ${[...remedies].join("; ")}`,
  };
}

function remedy({ shorter, longer }: OverlappingKeys, all: ReadonlySet<string>): string {
  const old = [shorter, longer].find((key) => Object.hasOwn(renamed, key));
  if (old === undefined) return `leave out ${shorter} or ${longer}`;
  const today = renamed[old] ?? old;
  return all.has(today) && today !== shorter
    ? `leave out ${old}, since ${today} is set`
    : `write ${today} instead of ${old}`;
}
