/** Validates a FlinkBlueGreenDeployment: the FlinkDeployments created from it must be valid. */
import type { KubeObject } from "../../api/kubernetes.ts";
import {
  type FlinkBlueGreenDeploymentSpec,
  flinkBlueGreenDeployment,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { type FlinkConfig, flinkConfig } from "../../config/flinkConfig.ts";
import { blueGreenOptions } from "../../config/operatorOptions/blueGreen.ts";
import { blueGreenVerificationOptions } from "../../config/operatorOptions/blueGreenVerification.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import type { Option } from "../../config/option.ts";
import { flattenConfiguration } from "../../config/values/configTree.ts";
import { ValueError } from "../../config/values/valueError.ts";
import { compileExpression } from "../flinkbluegreendeployment/expression.ts";
import { readBlueGreenSettings } from "../flinkbluegreendeployment/settings.ts";
import { runCheck } from "./check.ts";
import { httpRouteIsComplete, ingressHasTemplate, ingressTemplateIsUrl } from "./ingressAndLogging.ts";
import { validateManifest } from "./manifest.ts";
import { nearest } from "./nearest.ts";
import { validateFlinkDeployment } from "./validateFlinkDeployment.ts";
import type { ValidationError } from "./validationError.ts";

/** The longer of the two names that the FlinkDeployments get (REFERENCE 1.30). */
const greenName = (name: string): string => `${name}-green`;

/** The FlinkDeployment that is created from the template. */
export const greenDeploymentOf = ({ metadata, spec }: KubeObject): FlinkDeployment => ({
  metadata: { name: greenName(metadata.name), namespace: metadata.namespace ?? "default" },
  spec: (spec as FlinkBlueGreenDeploymentSpec | undefined)?.template?.spec ?? {},
});

/** All errors, as for a FlinkDeployment. `config` is the effectiveConfig of `greenDeploymentOf`. Never throws. */
export function validateFlinkBlueGreenDeployment(resource: unknown, config: FlinkConfig): ValidationError[] {
  const structure = validateManifest(flinkBlueGreenDeployment, resource);
  if (structure.length > 0) return structure;
  const { metadata, spec = {} } = resource as KubeObject & { spec?: FlinkBlueGreenDeploymentSpec };
  if (spec.template?.spec?.job === undefined)
    return [{ field: "spec.template.spec.job", message: "must be set: only a job has a successor" }];
  const green = greenDeploymentOf(resource as KubeObject);
  return [
    ...validateFlinkDeployment(green, config).map((error) => ofTemplate(error, metadata.name)),
    ...approvalErrors(green),
    ...ingressErrors(green, config, spec),
    ...Object.entries(spec.configuration ?? {}).flatMap(([key, text]) => optionError(key, text) ?? []),
    ...[runningTimeError(spec) ?? []].flat(),
  ];
}

function ofTemplate({ field, message }: ValidationError, name: string): ValidationError {
  if (field === "metadata.name")
    return { field, message: `"${name}" becomes a FlinkDeployment of the name ${message}` };
  return { field: field.replace(/^spec\b/, "spec.template.spec"), message };
}

/** A transition keeps the old job until the new one runs, and says itself what it waits for. */
function approvalErrors({ spec }: FlinkDeployment): ValidationError[] {
  const { upgradeApproval } = operatorOptions;
  const error = runCheck(() =>
    flinkConfig(flattenConfiguration(spec.flinkConfiguration)).get(upgradeApproval) === "manual"
      ? {
          field: `spec.template.spec.flinkConfiguration["${upgradeApproval.key}"]`,
          message: "manual is for a FlinkDeployment or FlinkSessionJob: leave it out here (docs/approval.md)",
        }
      : undefined,
  );
  return error === undefined || error.field === upgradeApproval.key ? [] : [error];
}

const ingressErrors = (
  { metadata: { name } }: FlinkDeployment,
  config: FlinkConfig,
  { ingress }: FlinkBlueGreenDeploymentSpec,
): ValidationError[] =>
  [ingressHasTemplate, ingressTemplateIsUrl, httpRouteIsComplete].flatMap(
    (check) =>
      check({ name, config, spec: ingress === undefined ? {} : { ingress }, deployed: undefined }) ?? [],
  );

const options = [blueGreenOptions, blueGreenVerificationOptions].flatMap((each) =>
  Object.values<Option<unknown>>(each),
);

/** A misspelt option would let a new side through that was to be verified, or keep nothing to go back to. */
function optionError(key: string, text: string): ValidationError | undefined {
  const option = options.find((each) => each.key === key);
  const field = `spec.configuration["${key}"]`;
  if (option === undefined && verificationKeys.test(key)) {
    const similar = nearest(
      key,
      options.map((each) => each.key),
    );
    return {
      field,
      message: `is no option${similar === undefined ? "" : `: did you mean ${similar}?`}`,
    };
  }
  try {
    option?.type.parse(text);
    return key === blueGreenVerificationOptions.expression.key ? expressionError(field, text) : undefined;
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return { field, message: error.message };
  }
}

function expressionError(field: string, text: string): ValidationError | undefined {
  const compiled = compileExpression(text);
  return "error" in compiled ? { field, message: `is no expression in CEL: ${compiled.error}` } : undefined;
}

const verificationKeys = /^kubernetes\.operator\.bluegreen\.(verification|promot|rollback)/;

function runningTimeError({ configuration = {} }: FlinkBlueGreenDeploymentSpec): ValidationError | undefined {
  const { verification } = readBlueGreenSettings({ configuration });
  const { runningTime, timeout } = blueGreenVerificationOptions;
  if (verification === undefined || verification.runningMs < verification.timeoutMs) return undefined;
  return {
    field: `spec.configuration["${runningTime.key}"]`,
    message: `must be shorter than ${timeout.key} (${configuration[timeout.key] ?? timeout.default}), in which the verification must end`,
  };
}
