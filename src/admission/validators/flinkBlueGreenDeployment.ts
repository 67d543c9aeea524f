import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { flinkBlueGreenDeployment } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { flinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { effectiveConfig } from "../../config/effectiveConfig.ts";
import { validateManifest } from "../../core/validate/manifest.ts";
import { podTemplatesOf } from "../../core/validate/podTemplateFields.ts";
import {
  greenDeploymentOf,
  validateFlinkBlueGreenDeployment,
} from "../../core/validate/validateFlinkBlueGreenDeployment.ts";
import { warnOfDeprecated } from "../../core/warn/warnOfDeprecated.ts";
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
    return {
      errors,
      warnings: [
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

const templateSpecOf = (object: KubeObject | undefined): unknown =>
  (object?.spec as { template?: { spec?: unknown } | null } | null | undefined)?.template?.spec;
