import type { Command } from "commander";
import { formatJson } from "../../../api/exactJson.ts";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { ValueError } from "../../../config/values/valueError.ts";
import { planOfBlueGreen } from "../../../core/plan/blueGreen/plan.ts";
import { type Plan, planOf } from "../../../core/plan/plan.ts";
import { planOfSnapshot } from "../../../core/plan/snapshot/plan.ts";
import { either } from "../../../core/validate/validationError.ts";
import type { Output } from "../../../views/format.ts";
import { readObjects } from "../../../views/manifest.ts";
import { planText } from "../../../views/planText.ts";
import { viewOfSnapshot } from "../../../views/snapshotView.ts";
import { readTextFile } from "../../inputFiles.ts";
import { viewBlueGreen } from "../blueGreenView.ts";
import { createReader } from "../clusterReader.ts";
import { CommandError, exitStatuses } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  getObject,
  listResources,
  namespaceOf,
  paintOf,
  print,
  withCluster,
  withOutput,
} from "../environment.ts";
import type { Kubectl } from "../kubectl.ts";
import { KubectlError } from "../kubectlError.ts";
import { configOf, viewAsOperator } from "../operatorView.ts";
import { asApplied } from "../threeWayMerge.ts";

interface PlanOptions extends ClusterOptions {
  readonly filename: string;
  readonly output?: Output;
  readonly operatorConfig?: string;
}

const applied = [
  resourceTypes.flinkDeployment,
  resourceTypes.flinkSessionJob,
  resourceTypes.flinkBlueGreenDeployment,
] as const;
const planned = [...applied, resourceTypes.flinkStateSnapshot] as const;

export const addPlan = (program: Command, environment: Environment): void => {
  const command = program
    .command("plan")
    .description(
      "Say what the operator would do if the file were applied: which fields change, which steps follow, which snapshot is " +
        "restored from, what else stops, what could fail. Nothing is changed.",
    )
    .requiredOption(
      "-f, --filename <file>",
      'a file with one FlinkDeployment, FlinkSessionJob, FlinkBlueGreenDeployment or FlinkStateSnapshot, as YAML or JSON; "-" for standard input',
    )
    .option(
      "--operator-config <file>",
      "the operator's configuration (default: the ConfigMap flink-operator-config, where it may be read)",
    );
  withOutput(withCluster(command)).action(
    async ({ filename, output, operatorConfig, ...options }: PlanOptions) => {
      const kubectl = environment.kubectl(options);
      const edit = await fileEdit(kubectl, filename, options);
      const { plan, remarks } = await planFor(environment, kubectl, edit, operatorConfig);
      print(environment, output, { ...plan, remarks }, () => planText(plan, paintOf(environment), remarks));
      environment.setExitCode(exitCodeOf(plan));
    },
  );
};

/** Everything but the storing. */
export const DRY_RUN = "--dry-run=server";

/** An edit of one resource. */
export interface Edit {
  /** The resource as it is to be. */
  readonly wanted: KubeObject;
  readonly namespace: string;
  /** Has the API server check it, without an effect. Resolves to the object as it would be stored. Rejects with a KubectlError. */
  check(): Promise<KubeObject>;
  /** Has the API server store it, as an edit of `live`. Resolves to the object that it answers. Rejects with a KubectlError. */
  store(live: KubeObject | undefined): Promise<KubeObject>;
}

/** The edit that `kubectl apply` of the one resource in a file makes. */
export async function fileEdit(
  kubectl: Kubectl,
  filename: string,
  options: ClusterOptions,
  purpose: Purpose = "plan",
): Promise<Edit> {
  const wanted = readOne(filename, purpose);
  const namespace = wanted.metadata.namespace ?? (await namespaceOf(kubectl, options));
  if (
    options.namespace !== undefined &&
    wanted.metadata.namespace !== undefined &&
    options.namespace !== namespace
  )
    throw new CommandError(
      `${filename} is for the namespace ${namespace}, and -n says ${options.namespace}: take one of them out`,
    );
  const manifest = formatJson({ ...wanted, metadata: { ...wanted.metadata, namespace } });
  const apply = async (...flags: readonly string[]) => {
    const args = ["apply", "-n", namespace, ...flags, "-o", "json", "-f", "-"];
    return JSON.parse(await kubectl.run(args, manifest)) as KubeObject;
  };
  // A resourceVersion in the manifest would be recorded with it, in the annotation of kubectl apply.
  return { wanted, namespace, check: () => apply(DRY_RUN), store: () => apply() };
}

export const exitCodeOf = ({ effect, disruptive }: Plan): number =>
  effect === "refused"
    ? exitStatuses.refused.code
    : disruptive
      ? exitStatuses.disruptive.code
      : exitStatuses.ok.code;

/** To plan, other objects in the file do not matter. To apply it, they would be left out. */
type Purpose = "plan" | "apply";

/** The one resource of a file. */
function readOne(filename: string, purpose: Purpose): KubeObject {
  const { name, text } = readTextFile(filename);
  const objects = parse(name, text);
  const kinds: readonly string[] = (purpose === "plan" ? planned : applied).map(({ kind }) => kind);
  const [only, ...others] = objects.filter(({ kind }) => kinds.includes(`${kind}`));
  if (only === undefined) {
    const found = objects.map(({ kind }) => kind ?? "an object without a kind").join(", ");
    throw new CommandError(`${name} holds ${found || "nothing"}: ${purpose} is for a ${either(kinds)}`);
  }
  if (others.length > 0)
    throw new CommandError(
      `${name} holds ${others.length + 1} of them (${[only, ...others].map(({ metadata }) => metadata?.name).join(", ")}): ${purpose} one at a time`,
    );
  const rest = objects.filter((each) => each !== only).map(({ kind }) => kind ?? "an object without a kind");
  if (purpose === "apply" && rest.length > 0)
    throw new CommandError(
      `${name} holds ${rest.join(", ")}, too: apply that with kubectl, from a file of its own`,
    );
  if (typeof only.metadata?.name !== "string" || only.metadata.name === "")
    throw new CommandError(`${name}: metadata.name must be set`);
  return only;
}

function parse(name: string, text: string): readonly KubeObject[] {
  try {
    return readObjects(text);
  } catch (error) {
    if (error instanceof ValueError) throw new CommandError(`${name} ${error.message}`);
    throw error;
  }
}

interface PlannedEdit {
  readonly plan: Plan;
  readonly remarks: readonly string[];
  /** The resource before the edit; undefined: there is none. */
  readonly live: KubeObject | undefined;
}

export async function planFor(
  environment: Environment,
  kubectl: Kubectl,
  edit: Edit,
  operatorConfig: string | undefined,
): Promise<PlannedEdit> {
  const { wanted, namespace } = edit;
  const type = planned.find(({ kind }) => kind === wanted.kind) ?? resourceTypes.flinkDeployment;
  const { name } = wanted.metadata;
  const live = await getObject(kubectl, type, namespace, name);
  if (live?.metadata.deletionTimestamp !== undefined)
    throw new CommandError(`${type.kind} ${name} is being deleted: no edit of it has an effect`);
  if (live === undefined) await listResources(kubectl, type, { namespace });
  const checked = await dryRun(edit);
  if (checked instanceof Refusal)
    return { plan: refusedPlan(wanted, namespace, checked.why), remarks: [], live };
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
  const { plan, remarks } = await planOfEdit(environment, kubectl, edited, known, operatorConfig);
  const unasked = "the API server was not asked to validate the edit, for which the right to patch is needed";
  return { plan, remarks: [...remarks, ...(checked === undefined ? [unasked] : [])], live };
}

/** `known`: the resource before the edit. */
async function planOfEdit(
  environment: Environment,
  kubectl: Kubectl,
  edited: KubeObject,
  known: KubeObject,
  operatorConfig: string | undefined,
): Promise<Pick<PlannedEdit, "plan" | "remarks">> {
  if (edited.kind === resourceTypes.flinkBlueGreenDeployment.kind) {
    const { start, remarks } = await viewBlueGreen(environment, kubectl, edited, operatorConfig);
    return {
      plan: planOfBlueGreen({ ...start, specBefore: asFlinkBlueGreenDeployment(known).spec }),
      remarks,
    };
  }
  if (edited.kind === resourceTypes.flinkStateSnapshot.kind) {
    const { config, remark } = await configOf(kubectl, operatorConfig);
    const reader = createReader(kubectl, config, environment.now);
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
  );
  const specBefore = known.spec as typeof start.resource.spec;
  return { plan: planOf({ ...(assumed ?? start), specBefore }, sessionJobs), remarks };
}

/** The API server would not store the object. */
class Refusal {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
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
