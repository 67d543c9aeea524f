import type { KubeObject } from "../../../api/kubernetes.ts";
import { redactSecrets } from "../../../api/redact.ts";
import { asFlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { snapshotLabels } from "../../../api/v1beta1/names.ts";
import type { Explanation } from "../../../core/plan/explanation.ts";
import type { CheckpointSummary, SnapshotRow } from "../../contract.ts";

/** The snapshots that are known, with which a restart would use; then those of FlinkStateSnapshots that are not among them. */
export function snapshotRows(
  explanation: Explanation | undefined,
  resources: readonly KubeObject[],
  checkpoints: CheckpointSummary | undefined,
): SnapshotRow[] {
  const byPath = new Map(
    resources.map((each) => [redactSecrets(asFlinkStateSnapshot(each).status?.path ?? ""), each]),
  );
  const known = (explanation?.snapshots ?? []).map(({ snapshot, path, chosen, why }): SnapshotRow => {
    const resource = byPath.get(path ?? "");
    const checkpoint = checkpoints?.history.find(({ id }) => path?.endsWith(`/chk-${id}`));
    return {
      ...(resource === undefined ? {} : fieldsOf(resource)),
      kind: snapshot.includes("savepoint") ? "savepoint" : "checkpoint",
      location: path ?? snapshot,
      ...(checkpoint === undefined ? {} : { at: checkpoint.at, bytes: checkpoint.bytes }),
      wouldRestore: chosen,
      why,
    };
  });
  const shown = new Set(known.map(({ name }) => name));
  const others = resources
    .filter(({ metadata }) => !shown.has(metadata.name))
    .map((each): SnapshotRow => {
      const { spec, status } = asFlinkStateSnapshot(each);
      const isComplete = status?.state === "COMPLETED";
      const isFailed = status?.state === "FAILED" || status?.state === "ABANDONED";
      return {
        ...fieldsOf(each),
        kind: spec.savepoint === undefined ? "checkpoint" : "savepoint",
        location: redactSecrets(status?.path ?? ""),
        ...(isFailed ? { isFailed } : {}),
        wouldRestore: false,
        why: isComplete
          ? "a newer one is known, or it is of an earlier run"
          : redactSecrets(`it is ${status?.state ?? "requested"}${status?.error ? `: ${status.error}` : ""}`),
      };
    });
  return [...known, ...others];
}

function fieldsOf(resource: KubeObject): Pick<SnapshotRow, "name" | "at" | "trigger"> {
  const { metadata, status } = asFlinkStateSnapshot(resource);
  const at = status?.resultTimestamp ?? status?.triggerTimestamp ?? metadata.creationTimestamp;
  const trigger = metadata.labels?.[snapshotLabels.triggerType];
  return {
    name: metadata.name,
    ...(at ? { at } : {}),
    ...(trigger === undefined ? {} : { trigger }),
  };
}
