import { resourceTypes } from "../../api/kubernetes.ts";
import {
  asFlinkDeployment,
  type FlinkDeploymentSpec,
  flinkDeployment,
  flinkDeploymentSpec,
  type UpgradeMode,
} from "../../api/v1beta1/flinkdeployment.ts";
import { warmBaseOf } from "../../api/v1beta1/names.ts";
import { deployConfig, effectiveConfig } from "../../config/effectiveConfig.ts";
import { buildFlinkDeployment } from "../../core/build/cluster.ts";
import { holderOf, whyHeld } from "../../core/job/warm/heldName.ts";
import { planOf } from "../../core/plan/plan.ts";
import { plannedRestore } from "../../core/plan/plannedRestore.ts";
import { runCheck } from "../../core/validate/check.ts";
import { validateManifest } from "../../core/validate/manifest.ts";
import { podTemplatesOf } from "../../core/validate/podTemplateFields.ts";
import { validateFlinkDeployment } from "../../core/validate/validateFlinkDeployment.ts";
import type { ValidationError } from "../../core/validate/validationError.ts";
import { warnOfDeprecated } from "../../core/warn/warnOfDeprecated.ts";
import { warnOfLoggedSecrets } from "../../core/warn/warnOfLoggedSecrets.ts";
import { warnOfRestart } from "../../core/warn/warnOfRestart.ts";
import { approvedAs } from "../approvedAs.ts";
import { assumedStart, isPlanned } from "../assumedStart.ts";
import { deployedSpec } from "../deployed.ts";
import type { KindValidator, ValidationInput } from "../kindValidator.ts";

const type = flinkDeploymentSpec;

/** The same checks as in a reconcile of the operator, including a trial build of the objects. */
function errorsOf(
  { object, operatorConfig }: ValidationInput,
  deployed: FlinkDeploymentSpec | undefined,
): readonly ValidationError[] {
  const structure = validateManifest(flinkDeployment, object);
  if (structure.length > 0) return structure;
  const resource = asFlinkDeployment(object);
  const sources = { operatorConfig, resource };
  const errors = validateFlinkDeployment(resource, effectiveConfig(sources), deployed);
  if (errors.length > 0) return errors;
  const unbuildable = runCheck(() => {
    const config = deployConfig(sources);
    buildFlinkDeployment({ resource, config, jobId: undefined, launchId: "", restore: { kind: "none" } });
    return undefined;
  });
  return unbuildable === undefined ? [] : [unbuildable];
}

/** A cluster of another resource has the name of the one that is created. */
function heldName({ object, oldObject, target }: ValidationInput): ValidationError | undefined {
  const { name } = object.metadata;
  const holder =
    oldObject === undefined && typeof target === "object" ? holderOf(name, () => target) : undefined;
  return holder === undefined ? undefined : { field: "metadata.name", message: whyHeld(name, holder) };
}

/**
 * What the plan of the change does with the job's state. Admission reads nothing of the cluster: it is taken to be healthy,
 * as the status describes it. Undefined: what the spec asks for.
 */
function restoreOf({ object, oldObject, operatorConfig }: ValidationInput): UpgradeMode | undefined {
  const { metadata, status } = asFlinkDeployment(oldObject ?? object);
  const { spec } = asFlinkDeployment(object);
  const resource = {
    spec,
    metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
    ...(status === undefined ? {} : { status }),
  };
  if (!isPlanned(resource)) return undefined;
  try {
    return plannedRestore(planOf(assumedStart(operatorConfig, resource)));
  } catch {
    // A status that nobody can decide on is reported by the operator. The warning then says what the spec asks for.
    return undefined;
  }
}

export const flinkDeploymentValidator: KindValidator = {
  type: resourceTypes.flinkDeployment,
  referenceOf({ metadata: { name, namespace = "default" } }) {
    const base = warmBaseOf(name);
    return base === undefined ? undefined : { type: resourceTypes.flinkDeployment, namespace, name: base };
  },
  podTemplatesOf: (object) => podTemplatesOf(asFlinkDeployment(object).spec),
  validate(input) {
    const deployed = deployedSpec<FlinkDeploymentSpec>(input.lastReconciledSpec, type);
    const held = heldName(input);
    const errors = held === undefined ? errorsOf(input, deployed) : [held];
    if (errors.length > 0) return { errors, warnings: [] };
    const { spec } = asFlinkDeployment(input.object);
    const restart =
      deployed &&
      warnOfRestart({
        deployed,
        desired: spec,
        type,
        planned: () => restoreOf(input),
        approvedAs: approvedAs(
          input.object.metadata,
          effectiveConfig({
            operatorConfig: input.operatorConfig,
            resource: asFlinkDeployment(input.object),
          }),
        ),
      });
    return {
      errors: [],
      warnings: [
        ...(restart ? [restart] : []),
        ...warnOfDeprecated(spec, type, input.oldObject?.spec),
        ...warnOfLoggedSecrets(spec),
      ],
    };
  },
};
