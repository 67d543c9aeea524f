import { formatJson } from "../../api/exactJson.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import {
  asFlinkBlueGreenDeployment,
  flinkBlueGreenDeployment,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { type FlinkDeployment, flinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { effectiveConfig } from "../../config/effectiveConfig.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { settingsOf } from "../../core/flinkdeployment/specConfiguration.ts";
import { assumedBlueGreenStart } from "../../core/plan/blueGreen/assumedStart.ts";
import { planOfBlueGreen } from "../../core/plan/blueGreen/plan.ts";
import { validateManifest } from "../../core/validate/manifest.ts";
import { podTemplatesOf } from "../../core/validate/podTemplateFields.ts";
import {
  greenDeploymentOf,
  validateFlinkBlueGreenDeployment,
} from "../../core/validate/validateFlinkBlueGreenDeployment.ts";
import { warnOfDeprecated } from "../../core/warn/warnOfDeprecated.ts";
import { warnOfTransition } from "../../core/warn/warnOfTransition.ts";
import { MAX_PLANNED_LENGTH } from "../assumedStart.ts";
import type { KindValidator } from "../kindValidator.ts";

export const flinkBlueGreenDeploymentValidator: KindValidator = {
  type: resourceTypes.flinkBlueGreenDeployment,
  podTemplatesOf: (object) => podTemplatesOf(greenDeploymentOf(object).spec, "spec.template.spec"),
  validate({ object, oldObject, operatorConfig }) {
    const structure = validateManifest(flinkBlueGreenDeployment, object);
    if (structure.length > 0) return { errors: structure, warnings: [] };
    const resource = greenDeploymentOf(object);
    const config = effectiveConfig({ operatorConfig, resource });
    const errors = validateFlinkBlueGreenDeployment(object, config);
    const effect = errors.length > 0 ? undefined : effectOf(object, oldObject, operatorConfig);
    return {
      errors,
      warnings: [
        ...(effect === undefined ? [] : [effect]),
        ...warnOfDeprecated(
          resource.spec,
          flinkDeploymentSpec,
          templateSpecOf(oldObject),
          "spec.template.spec",
        ),
      ],
    };
  },
};

/** Of an edit of a FlinkBlueGreenDeployment that has been acted on. Admission reads nothing of the cluster. */
function effectOf(
  object: KubeObject,
  oldObject: KubeObject | undefined,
  operatorConfig: FlinkConfig,
): string | undefined {
  if (oldObject === undefined) return undefined;
  const { metadata, spec: specBefore, status } = asFlinkBlueGreenDeployment(oldObject);
  const { spec } = asFlinkBlueGreenDeployment(object);
  // A transition is decided on more often than the upgrade of a FlinkDeployment: both specs together may be as long as one of these.
  const isTooLarge = formatJson([spec, status?.lastReconciledSpec]).length > MAX_PLANNED_LENGTH;
  if (status?.lastReconciledSpec === undefined || isTooLarge) return undefined;
  const resource = { metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 }, spec, status };
  const settings = (child: FlinkDeployment) => settingsOf(operatorConfig, child, undefined);
  try {
    const start = assumedBlueGreenStart(resource, settings, Date.now());
    return warnOfTransition(planOfBlueGreen({ ...start, specBefore }));
  } catch {
    // A status that nobody can decide on is reported by the operator.
    return undefined;
  }
}

const templateSpecOf = (object: KubeObject | undefined): unknown =>
  (object?.spec as { template?: { spec?: unknown } | null } | null | undefined)?.template?.spec;
