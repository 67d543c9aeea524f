import { CommandError, exitStatuses } from "./commandError.ts";
import { type Edit, exitCodeOf, planFor } from "./commands/plan.ts";
import { type Environment, paintOf, print, printLine } from "./environment.ts";
import type { Kubectl } from "./kubectl.ts";
import { planText } from "./planText.ts";
import { untilSettled } from "./wait.ts";

export interface CarryOutOptions {
  /** Do not ask. */
  readonly yes?: true;
  /** False: do not follow it to its end. */
  readonly wait: boolean;
  readonly operatorConfig?: string;
}

/**
 * Shows the plan of an edit, asks, makes it, and follows it to its end. Where nobody can be asked, an edit that stops what runs
 * is refused without `yes`.
 */
export async function carryOut(
  environment: Environment,
  kubectl: Kubectl,
  edit: Edit,
  { yes, wait, operatorConfig }: CarryOutOptions,
): Promise<void> {
  const { plan, remarks, generation } = await planFor(environment, kubectl, edit, operatorConfig);
  const title = `${plan.kind} ${plan.namespace}/${plan.name}`;
  print(environment, undefined, plan, () => planText(plan, paintOf(environment), remarks));
  if (plan.effect === "refused") return environment.setExitCode(exitCodeOf(plan));
  if (!yes && (plan.disruptive || plan.effect !== "nothing")) {
    const agreed = await environment.ask("Carry it out?");
    if (agreed === undefined && plan.disruptive)
      throw new CommandError(
        `nothing was changed: the edit stops what runs, and there is no terminal to ask on; add --yes`,
        exitStatuses.disruptive.code,
      );
    if (agreed === false) throw new CommandError("nothing was changed");
  }
  const stored = await edit.store();
  if (stored.metadata.generation === generation)
    return printLine(environment, `${title}: its spec is as it was`);
  printLine(environment, `${title}: ${generation === 0 ? "created" : "edited"}`);
  const before = { ...stored, kind: plan.kind, metadata: { ...stored.metadata, generation } };
  if (wait) await untilSettled(environment, kubectl, before);
}
