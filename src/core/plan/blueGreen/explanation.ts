import { redactTexts } from "../../../api/redact.ts";
import { colors } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { decideBlueGreen } from "../../flinkbluegreendeployment/decide.ts";
import type { ChildFacts } from "../../flinkbluegreendeployment/facts.ts";
import { usableRollback } from "../../flinkbluegreendeployment/rollback.ts";
import { EMPTY_STATE } from "../../job/status/decisionRecord.ts";
import type { ExplainedSnapshot, Explanation } from "../explanation.ts";
import { actionsOf, type BlueGreenStart } from "./foresee.ts";
import { actOf, planOfBlueGreen } from "./plan.ts";

/** Why a FlinkBlueGreenDeployment is in its state, and what would follow. */
export function explainBlueGreen(start: BlueGreenStart): Explanation {
  const { resource, facts, now, assumed, validityOf } = start;
  const stored = resource.status ?? {};
  const decision = decideBlueGreen({ resource, facts: { ...facts, ...validityOf(resource) }, now });
  const ready = stored.conditions?.find(({ type }) => type === "Ready");
  const message = decision.status.conditions?.find(({ type }) => type === "Ready")?.message ?? "";
  const next = actionsOf(decision).flatMap(actOf);
  return redactTexts<Explanation>({
    state: ready?.reason ?? stored.blueGreenState ?? "NotSeen",
    message:
      ready?.message ?? (stored.blueGreenState === undefined ? "No operator has written a status." : ""),
    facts: [
      ...(stored.blueGreenState === undefined ? [] : [`the state is ${stored.blueGreenState}`]),
      ...(assumed ? [] : childrenOf(start)),
      ...(stored.abortTimestamp !== undefined && Date.parse(stored.abortTimestamp) > now
        ? [`what is under way is given up at ${stored.abortTimestamp}`]
        : []),
    ],
    ...(assumed ? {} : { next }),
    ...(message.startsWith(WAITING) && !assumed ? { waitsFor: message.slice(WAITING.length) } : {}),
    ...(stored.error === undefined ? {} : { error: stored.error }),
    decisions: stored.decisions ?? [],
    snapshots: snapshotsOf(start),
    restart: restartOf(start),
  });
}

const WAITING = "Waiting: ";

const childrenOf = ({ facts: { children } }: BlueGreenStart): string[] =>
  colors.map((color) => {
    const child = children[color];
    return child === undefined ? `there is no FlinkDeployment of ${color}` : describeChild(child);
  });

function describeChild({
  resource: { metadata, status },
  deleting,
  completedCheckpoints,
}: ChildFacts): string {
  const { lifecycleState = "not seen yet", jobStatus, error } = status ?? {};
  return [
    `the FlinkDeployment ${metadata.name} is ${deleting ? "being deleted" : lifecycleState}`,
    `its job is ${jobStatus?.state ?? "not there"}`,
    ...(completedCheckpoints === undefined ? [] : [`checkpoints completed: ${completedCheckpoints}`]),
    ...(error === undefined ? [] : [`its error: ${error}`]),
  ].join("; ");
}

/** Those that the status knows. Those of the job that runs are explained with its FlinkDeployment. */
function snapshotsOf({ resource: { metadata, status = {} }, now }: BlueGreenStart): ExplainedSnapshot[] {
  const { savepointPath } = status;
  const rollback = usableRollback(status, now);
  return [
    ...(savepointPath === undefined
      ? []
      : [
          {
            snapshot: `savepoint ${savepointPath}`,
            path: savepointPath,
            chosen: true,
            why: "the FlinkDeployment under way starts from it",
          },
        ]),
    ...(rollback?.savepointPath === undefined
      ? []
      : [
          {
            snapshot: `savepoint ${rollback.savepointPath}`,
            path: rollback.savepointPath,
            chosen: false,
            why: `what ran before was stopped with it: kubectl flink rollback ${metadata.name} goes back to it`,
          },
        ]),
  ];
}

/** What a restart, as an edit that needs one, would do. */
function restartOf(start: BlueGreenStart): string {
  const { metadata, spec } = start.resource;
  const template = spec.template?.spec ?? {};
  const { effect, restore, refused } = planOfBlueGreen({
    ...start,
    specBefore: spec,
    resource: {
      ...start.resource,
      metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
      spec: {
        ...spec,
        template: {
          ...spec.template,
          spec: {
            ...template,
            restartNonce: (template.restartNonce ?? 0) + 1,
            job: { ...template.job, state: "running" },
          },
        },
      },
    },
  });
  if (refused !== undefined)
    return `Restarted, it would ${effect === "waits" ? "wait" : "be refused"}: ${refused}`;
  if (restore === undefined)
    return "Restarted, it would start empty, or from its own state if it is suspended.";
  return restore.from === EMPTY_STATE
    ? "Restarted, it would start empty, without its state."
    : `Restarted, the other FlinkDeployment would start from ${restore.from}.`;
}
