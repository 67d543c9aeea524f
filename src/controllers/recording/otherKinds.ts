/** The passes of kinds without a job of their own: FlinkBlueGreenDeployments and FlinkStateSnapshots. */
import { formatJson } from "../../api/exactJson.ts";
import { resourceTypes } from "../../api/kubernetes.ts";
import { type Input as BlueGreenInput, decideBlueGreen } from "../../core/flinkbluegreendeployment/decide.ts";
import type { Decision as BlueGreenDecision } from "../../core/flinkbluegreendeployment/decision.ts";
import {
  decide as decideSnapshot,
  type Input as SnapshotInput,
} from "../../core/flinkstatesnapshot/decide.ts";
import type { Decision as SnapshotDecision } from "../../core/flinkstatesnapshot/decision.ts";
import { isSameStored } from "../stored.ts";
import type { RecordedDecision } from "./recording.ts";

const { flinkBlueGreenDeployment, flinkStateSnapshot } = resourceTypes;

/** One pass as JSON, in the form of a RecordedPass. Undefined: it did nothing. */
export function formatBlueGreenPass(
  { resource, facts, now, refusal }: BlueGreenInput,
  decision: BlueGreenDecision,
  failure?: string,
): string | undefined {
  const { actions, independent, afterStatus, status } = decision;
  const acts = actions.length + independent.length + afterStatus.length;
  if (acts === 0 && failure === undefined && isSameStored(status, resource.status ?? {})) return undefined;
  return formatJson({
    kind: flinkBlueGreenDeployment.kind,
    now,
    resource,
    facts,
    refusal,
    decision: recordBlueGreen(decision),
    failure,
  });
}

const recordBlueGreen = ({
  actions,
  independent,
  status,
  afterStatus,
  events,
  requeueAfterMs,
}: BlueGreenDecision) => ({
  actions,
  independent: { actions: independent, events: [] },
  status,
  afterStatus,
  events,
  requeueAfterMs,
});

/** The answers about paths that the decision asks for are recorded in place of the functions that give them. */
export function formatSnapshotPass(
  input: SnapshotInput,
  decision: SnapshotDecision,
  failure?: string,
): string | undefined {
  const { resource, facts, now, progressCheckIntervalMs } = input;
  const { actions, status } = decision;
  if (actions.length === 0 && failure === undefined && isSameStored(status, resource.status ?? {}))
    return undefined;
  const claimed: Record<string, boolean> = {};
  const needs: Record<string, string | null> = {};
  const isClaimed = (path: string) => {
    const answer = facts.isClaimed(path);
    claimed[path] = answer;
    return answer;
  };
  const neededBy = (path: string) => {
    const answer = facts.neededBy(path);
    needs[path] = answer ?? null;
    return answer;
  };
  decideSnapshot({ ...input, facts: { ...facts, isClaimed, neededBy } });
  const { isClaimed: _, neededBy: __, ...plain } = facts;
  const { apiVersion, kind, metadata, spec } = resource;
  return formatJson({
    kind: flinkStateSnapshot.kind,
    now,
    resource: { apiVersion, kind, metadata, spec, status: resource.status },
    facts: { ...plain, claimed, needs, progressCheckIntervalMs },
    decision: recordSnapshot(decision),
    failure,
  });
}

const recordSnapshot = ({ actions, status, events, requeueAfterMs }: SnapshotDecision) => ({
  actions,
  independent: { actions: [], events: [] },
  status,
  events,
  requeueAfterMs,
});

type RecordedSnapshotFacts = Omit<SnapshotInput["facts"], "isClaimed" | "neededBy"> & {
  readonly claimed: Readonly<Record<string, boolean>>;
  readonly needs: Readonly<Record<string, string | null>>;
  readonly progressCheckIntervalMs: number;
};

/** Decides a recorded pass of one of these kinds again. Undefined: it is of another kind. */
export function decidedOther(pass: { readonly kind: string }): RecordedDecision | undefined {
  if (pass.kind === flinkBlueGreenDeployment.kind)
    return recordBlueGreen(decideBlueGreen(pass as unknown as BlueGreenInput)) as unknown as RecordedDecision;
  if (pass.kind !== flinkStateSnapshot.kind) return undefined;
  const { resource, now, facts } = pass as unknown as Pick<SnapshotInput, "resource" | "now"> & {
    readonly facts: RecordedSnapshotFacts;
  };
  const { claimed, needs, progressCheckIntervalMs, ...known } = facts;
  const decision = decideSnapshot({
    resource,
    now,
    progressCheckIntervalMs,
    facts: {
      ...known,
      isClaimed: (path) => claimed[path] === true,
      neededBy: (path) => needs[path] ?? undefined,
    },
  });
  return recordSnapshot(decision) as unknown as RecordedDecision;
}
