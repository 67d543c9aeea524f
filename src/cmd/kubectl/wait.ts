import type { KubeObject } from "../../api/kubernetes.ts";
import { kinds } from "../../api/v1beta1/kinds.ts";
import { APPROVED_GENERATION_ANNOTATION } from "../../api/v1beta1/names.ts";
import type { Reason } from "../../core/reasons.ts";
import { statusView } from "../../views/statusView.ts";
import { CommandError } from "./commandError.ts";
import { type Environment, getObject, printLine, tell } from "./environment.ts";
import type { Kubectl } from "./kubectl.ts";

/** How often a resource is looked at, and for how long, in milliseconds. */
const INTERVAL_MS = 1_000;
const TIMEOUT_MS = 600_000;

/** Looks at an object until `result` has one. The last look is in the error of a wait that takes too long. */
export async function waitFor<Value>(
  environment: Environment,
  kubectl: Kubectl,
  object: KubeObject,
  result: (found: KubeObject) => Value | undefined,
): Promise<Value> {
  const { namespace = "", name } = object.metadata;
  const type = kinds.find(({ kind }) => kind === object.kind);
  if (type === undefined) throw new Error(`${object.kind} is not a kind of this operator`);
  const until = environment.now() + TIMEOUT_MS;
  for (;;) {
    const found = await getObject(kubectl, type, namespace, name);
    if (found === undefined) throw new CommandError(`${object.kind} ${name} was deleted meanwhile`);
    const value = result(found);
    if (value !== undefined) return value;
    if (environment.now() > until)
      throw new CommandError(
        `${object.kind} ${name} is not done after ${TIMEOUT_MS / 60_000} minutes: kubectl flink explain ${name}`,
      );
    await environment.pause(INTERVAL_MS);
  }
}

/**
 * Waits until the operator has acted on the newest spec, by default on a generation that is newer than that of `resource`.
 * Rejects if the operator says that it cannot, or that it waits for approval.
 */
export async function untilSettled(
  environment: Environment,
  kubectl: Kubectl,
  resource: KubeObject,
  oldest: number = (resource.metadata.generation ?? 0) + 1,
): Promise<void> {
  let said = "";
  const view = await waitFor(environment, kubectl, resource, (found) => {
    const now = statusView(found, environment.now());
    if (now.generation < oldest) return undefined;
    if (now.reason === WAITING_FOR_APPROVAL && !isApproved(found)) throw new CommandError(now.message);
    if (now.observedGeneration !== now.generation) return undefined;
    if (now.health === "InProgress" && now.message !== said) {
      said = now.message;
      tell(environment, said);
    }
    return ["Ready", "Suspended", "Stalled"].includes(now.health) ? now : undefined;
  });
  if (view.health === "Stalled") throw new CommandError(view.error ?? view.message);
  printLine(environment, `${resource.kind} ${view.namespace}/${view.name}: ${view.message}`);
}

const WAITING_FOR_APPROVAL: Reason = "WaitingForApproval";

const isApproved = ({ metadata: { annotations, generation } }: KubeObject): boolean =>
  annotations?.[APPROVED_GENERATION_ANNOTATION] === String(generation);
