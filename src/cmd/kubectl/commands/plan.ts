import type { Command } from "commander";
import { formatJson } from "../../../api/exactJson.ts";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkStateSnapshot, flinkStateSnapshotSpec } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { planOfBlueGreen } from "../../../core/plan/blueGreen/plan.ts";
import { type Plan, planOf } from "../../../core/plan/plan.ts";
import { planOfSnapshot } from "../../../core/plan/snapshot/plan.ts";
import { validateStructure } from "../../../core/validate/structure.ts";
import type { Output } from "../../../views/format.ts";
import { planText } from "../../../views/planText.ts";
import { viewOfSnapshot } from "../../../views/snapshotView.ts";
import { viewBlueGreen } from "../blueGreenView.ts";
import { createReader } from "../clusterReader.ts";
import { CommandError, exitStatuses } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  getObject,
  listResources,
  paintOf,
  print,
  withCluster,
  withOutput,
} from "../environment.ts";
import { type Edit, fileEdits, planned } from "../fileEdits.ts";
import type { Kubectl } from "../kubectl.ts";
import { KubectlError } from "../kubectlError.ts";
import { configOf, viewAsOperator } from "../operatorView.ts";
import { asApplied } from "../threeWayMerge.ts";

interface PlanOptions extends ClusterOptions {
  readonly filename: string;
  readonly output?: Output;
  readonly operatorConfig?: string;
}

export const addPlan = (program: Command, environment: Environment): void => {
  const command = program
    .command("plan")
    .description(
      "Say what the operator would do if the file were applied: which fields change, which steps follow, which snapshot is " +
        "restored from, what else stops, what could fail. Several resources are planned in the order of the file, as kubectl " +
        "applies them: the exit status is the highest of theirs, and -o prints a List. Nothing is changed.",
    )
    .requiredOption(
      "-f, --filename <file>",
      'a file with FlinkDeployments, FlinkSessionJobs, FlinkBlueGreenDeployments or FlinkStateSnapshots, as YAML or JSON; "-" for standard input',
    )
    .option(
      "--operator-config <file>",
      "the operator's configuration (default: the ConfigMap flink-operator-config, where it may be read)",
    );
  withOutput(withCluster(command)).action(
    async ({ filename, output, operatorConfig, ...options }: PlanOptions) => {
      const kubectl = environment.kubectl(options);
      const plans: PlannedEdit[] = [];
      for (const edit of await fileEdits(kubectl, filename, options))
        plans.push(await planFor(environment, kubectl, edit, operatorConfig, plans));
      const items = plans.map(({ plan, remarks }) => ({ ...plan, remarks }));
      const data = items.length === 1 ? items[0] : { apiVersion: "v1", kind: "List", items };
      print(environment, output, data, () =>
        plans.map(({ plan, remarks }) => planText(plan, paintOf(environment), remarks)).join("\n"),
      );
      environment.setExitCode(Math.max(...plans.map(({ plan }) => exitCodeOf(plan))));
    },
  );
};

export const exitCodeOf = ({ effect, disruptive }: Plan): number =>
  effect === "refused"
    ? exitStatuses.refused.code
    : disruptive
      ? exitStatuses.disruptive.code
      : exitStatuses.ok.code;

interface PlannedEdit {
  readonly plan: Plan;
  readonly remarks: readonly string[];
  /** The resource before the edit; undefined: there is none. */
  readonly live: KubeObject | undefined;
  /** After it; undefined: the API server does not store it. */
  readonly edited?: KubeObject;
}

/** `earlier`: the edits that are made before. */
export async function planFor(
  environment: Environment,
  kubectl: Kubectl,
  edit: Edit,
  operatorConfig: string | undefined,
  earlier: readonly PlannedEdit[] = [],
): Promise<PlannedEdit> {
  const { wanted, namespace } = edit;
  const type = planned.find(({ kind }) => kind === wanted.kind) ?? resourceTypes.flinkDeployment;
  const { name } = wanted.metadata;
  const live = await getObject(kubectl, type, namespace, name);
  if (live?.metadata.deletionTimestamp !== undefined)
    throw new CommandError(`${type.kind} ${name} is being deleted: no edit of it has an effect`);
  if (live === undefined) await listResources(kubectl, type, { namespace });
  const effective = earlier.filter(({ plan }) => plan.effect !== "refused" && plan.effect !== "nothing");
  const referred = effective.find(({ plan }) => plan.namespace === namespace && refersTo(wanted, plan));
  const answer = await dryRun(edit);
  const isOfNow = answer instanceof Refusal && answer.byOperator && referred !== undefined;
  if (answer instanceof Refusal && !isOfNow)
    return { plan: refusedPlan(wanted, namespace, answer.why), remarks: [], live };
  const checked = answer instanceof Refusal ? undefined : answer;
  const known = live ?? { ...wanted, metadata: { namespace, name, generation: 0 }, spec: {} };
  const stored = checked ?? asApplied(known, wanted);
  const isEdited = formatJson(stored.spec) !== formatJson(known.spec);
  const generation = (known.metadata.generation ?? 0) + (isEdited ? 1 : 0);
  const edited: KubeObject = {
    ...stored,
    kind: type.kind,
    metadata: { uid: "not-created-yet", ...stored.metadata, namespace, generation },
    ...(live?.status === undefined ? {} : { status: live.status }),
  };
  const others = effective.flatMap((each) => each.edited ?? []);
  const { plan, remarks } = await planOfEdit(environment, kubectl, edited, known, operatorConfig, others);
  const first = referred && `${referred.plan.kind} ${referred.plan.name}`;
  const unchecked = isOfNow
    ? `the API server refuses it before ${first} of the file is applied: ${answer.why}`
    : "the API server was not asked to validate the edit, for which the right to patch is needed";
  return {
    plan,
    remarks: [
      ...remarks,
      ...(checked === undefined ? [unchecked] : []),
      ...(first === undefined || referred?.live === undefined
        ? []
        : [`what runs of ${first}, which the file edits before, is taken to be as it is now`]),
    ],
    live,
    edited,
  };
}

/** A FlinkSessionJob to its cluster, a FlinkStateSnapshot to its job. */
function refersTo({ kind, spec }: KubeObject, to: Plan): boolean {
  const { deploymentName, jobReference } = (spec ?? {}) as {
    deploymentName?: unknown;
    jobReference?: { kind?: unknown; name?: unknown };
  };
  return kind === resourceTypes.flinkSessionJob.kind
    ? to.kind === resourceTypes.flinkDeployment.kind && to.name === deploymentName
    : kind === resourceTypes.flinkStateSnapshot.kind &&
        to.kind === jobReference?.kind &&
        to.name === jobReference.name;
}

/** `known`: the resource before the edit. `others`: the resources that are edited before. */
async function planOfEdit(
  environment: Environment,
  kubectl: Kubectl,
  edited: KubeObject,
  known: KubeObject,
  operatorConfig: string | undefined,
  others: readonly KubeObject[],
): Promise<Pick<PlannedEdit, "plan" | "remarks">> {
  if (edited.kind === resourceTypes.flinkBlueGreenDeployment.kind) {
    const { start, remarks } = await viewBlueGreen(environment, kubectl, edited, operatorConfig);
    return {
      plan: planOfBlueGreen({ ...start, specBefore: asFlinkBlueGreenDeployment(known).spec }),
      remarks,
    };
  }
  if (edited.kind === resourceTypes.flinkStateSnapshot.kind) {
    const [wrong] = validateStructure(flinkStateSnapshotSpec, edited.spec ?? {}, "spec", {
      unknownFields: "ignore",
    });
    if (wrong !== undefined) {
      const { namespace = "default" } = edited.metadata;
      return { plan: refusedPlan(edited, namespace, `${wrong.field}: ${wrong.message}`), remarks: [] };
    }
    const { config, remark } = await configOf(kubectl, operatorConfig);
    const reader = createReader(kubectl, config, environment.now, others);
    const { start, remarks } = await viewOfSnapshot(reader, asFlinkStateSnapshot(edited), remark);
    const isNew = known.metadata.uid === undefined;
    const plan = planOfSnapshot({
      ...start,
      ...(isNew ? {} : { specBefore: asFlinkStateSnapshot(known).spec }),
    });
    return { plan, remarks };
  }
  const { start, assumed, sessionJobs, remarks } = await viewAsOperator(
    environment,
    kubectl,
    edited,
    operatorConfig,
    others,
  );
  const specBefore = known.spec as typeof start.resource.spec;
  return { plan: planOf({ ...(assumed ?? start), specBefore }, sessionJobs), remarks };
}

/** The API server would not store the object. */
class Refusal {
  readonly why: string;
  /** By its admission, which looks at other resources, too. */
  readonly byOperator: boolean;
  constructor(why: string) {
    this.why = why;
    this.byOperator = /^admission webhook "[^"]*\.flink\.apache\.org" /.test(why);
  }
}

/**
 * The object as the API server would store it, with its defaults and what admission makes of it. Undefined: the caller may
 * not apply it.
 */
async function dryRun({ check }: Edit): Promise<KubeObject | Refusal | undefined> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    if (error.meaning === "refused") return new Refusal(error.message);
    if (error.meaning === "no right") return undefined;
    throw error;
  }
}

const refusedPlan = ({ kind = "", metadata }: KubeObject, namespace: string, refused: string): Plan => ({
  kind,
  namespace,
  name: metadata.name,
  effect: "refused",
  disruptive: false,
  changes: [],
  refused,
  steps: [],
  touches: [],
  risks: [],
});
