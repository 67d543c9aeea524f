import type { Command } from "commander";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { redactTexts } from "../../../api/redact.ts";
import type { Decision } from "../../../core/job/model/decision.ts";
import { planOf } from "../../../core/plan/plan.ts";
import { type Colour, formatTable, type Output } from "../../../views/format.ts";
import { actText } from "../../../views/planText.ts";
import { CommandError, errorText, exitStatuses } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  listResources,
  namespaceOf,
  paintOf,
  print,
  withCluster,
  withOutput,
} from "../environment.ts";
import type { Kubectl } from "../kubectl.ts";
import { createOperatorViews } from "../operatorView.ts";

interface MigrateOptions extends ClusterOptions {
  readonly allNamespaces?: true;
  readonly operatorConfig?: string;
  readonly output?: Output;
}

/** What this operator would do with a resource as it is now. */
interface Verdict {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** "same": nothing that runs is touched. "acts": not at rest, or would be changed. */
  readonly verdict: "same" | "acts" | "restarts" | "refused" | "not known";
  readonly details: readonly string[];
}

const colours: Readonly<Record<Verdict["verdict"], Colour>> = {
  same: "green",
  acts: "yellow",
  restarts: "red",
  refused: "red",
  "not known": "yellow",
};

export const addMigrate = (program: Command, environment: Environment): void => {
  const command = program
    .command("migrate")
    .description(
      "Before this operator replaces the Java operator: say for each resource whether it would go on as it is, what would be " +
        "refused, and what would restart. Nothing is changed.",
    )
    .argument("[name]", "NAME, or KIND/NAME; absent: all")
    .option("-A, --all-namespaces", "those of all namespaces")
    .option("--operator-config <file>", "the operator's configuration, as for plan");
  withOutput(withCluster(command), ["wide", "json", "yaml"]).action(
    async (name: string | undefined, options: MigrateOptions) => {
      const kubectl = environment.kubectl(options);
      const verdicts: Verdict[] = [];
      const viewOf = createOperatorViews(environment, kubectl, options.operatorConfig);
      for (const resource of await resourcesOf(kubectl, name, options))
        verdicts.push(await judge(resource, viewOf));
      if (verdicts.length === 0 && !isData(options.output))
        environment.warn("there are no FlinkDeployments or FlinkSessionJobs");
      else
        print(environment, options.output, verdicts, () =>
          verdictTable(environment, verdicts, options.output),
        );
      environment.setExitCode(exitCodeOf(verdicts));
    },
  );
};

const isData = (output: Output | undefined): boolean => output === "json" || output === "yaml";

async function resourcesOf(
  kubectl: Kubectl,
  name: string | undefined,
  options: MigrateOptions,
): Promise<readonly KubeObject[]> {
  if (name !== undefined && options.allNamespaces)
    throw new CommandError(`-A is for all resources: name the namespace of ${name} with -n instead`);
  const where = options.allNamespaces ? {} : { namespace: await namespaceOf(kubectl, options) };
  if (name !== undefined) return [await findResource(kubectl, where.namespace ?? "", name)];
  const types = [resourceTypes.flinkDeployment, resourceTypes.flinkSessionJob];
  return (await Promise.all(types.map((type) => listResources(kubectl, type, where)))).flat();
}

async function judge(resource: KubeObject, viewOf: ReturnType<typeof createOperatorViews>): Promise<Verdict> {
  const { kind = "", metadata } = resource;
  const named = { kind, namespace: metadata.namespace ?? "", name: metadata.name };
  try {
    const { start, assumed, remarks } = await viewOf(resource);
    const from = assumed ?? start;
    const plan = planOf({ ...from, specBefore: from.resource.spec });
    const notice = noticeOf(from.decide(from.resource, from.facts, from.now));
    const details = [
      ...(plan.refused === undefined ? [] : [plan.refused]),
      ...(plan.waitsFor === undefined ? [] : [`waits for: ${plan.waitsFor}`]),
      ...plan.steps.map((step) => `would ${actText(step)}`),
      ...(notice === undefined ? [] : [notice]),
      ...(assumed === undefined ? [] : remarks),
    ];
    const verdict =
      plan.refused !== undefined
        ? "refused"
        : plan.disruptive
          ? "restarts"
          : plan.steps.length > 0
            ? "acts"
            : "same";
    return redactTexts({ ...named, verdict, details });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { ...named, verdict: "not known", details: [errorText(error)] };
  }
}

/** What has no effect here, as the condition Effective says it. */
const noticeOf = ({ status }: Decision): string | undefined =>
  status.conditions?.find(({ type, status: is }) => type === "Effective" && is === "False")?.message;

const exitCodeOf = (verdicts: readonly Verdict[]): number => {
  const has = (verdict: Verdict["verdict"]) => verdicts.some((each) => each.verdict === verdict);
  if (has("refused")) return exitStatuses.refused.code;
  if (has("restarts")) return exitStatuses.disruptive.code;
  return has("not known") ? exitStatuses.failed.code : exitStatuses.ok.code;
};

function verdictTable(
  environment: Environment,
  verdicts: readonly Verdict[],
  output: Output | undefined,
): string {
  const paint = paintOf(environment);
  const cut = (text: string) => (output === "wide" || text.length <= 120 ? text : `${text.slice(0, 119)}…`);
  return formatTable(
    ["NAMESPACE", "NAME", "KIND", "VERDICT", "DETAILS"],
    verdicts.map(({ namespace, name, kind, verdict, details }) => [
      namespace,
      name,
      kind,
      paint(colours[verdict], verdict),
      cut(details.join("; ")),
    ]),
  );
}
