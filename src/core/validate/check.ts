import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../../config/buildError.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import type { ValidationError } from "./validationError.ts";

/** What a check judges. The structure is known to be right. */
export interface Input {
  readonly name: string;
  readonly spec: FlinkDeploymentSpec;
  /** The defaults of the namespace and the Flink version, and over them the spec's flinkConfiguration. */
  readonly config: FlinkConfig;
  /** The spec that was last acted on; undefined before the first deployment. */
  readonly deployed: FlinkDeploymentSpec | undefined;
}

/** One rule. Undefined: nothing to object to. */
export type Check = (input: Input) => ValidationError | undefined;

/** The answer of a check; what cannot be read or built is an error of the field or key that it comes from. */
export function judge(check: () => ValidationError | undefined): ValidationError | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const { field, message } = error;
    const named = [`${field}: `, `${field} `].find((prefix) => message.startsWith(prefix)) ?? "";
    return { field, message: message.slice(named.length) };
  }
}

/** The answers of all checks in their order, each said once. */
export function judgeAll<Judged>(
  checks: readonly ((input: Judged) => ValidationError | undefined)[],
  input: Judged,
): ValidationError[] {
  const errors = checks.flatMap((check) => judge(() => check(input)) ?? []);
  return errors.filter(
    (error, index) =>
      errors.findIndex(({ field, message }) => field === error.field && message === error.message) === index,
  );
}

export const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === "";
