import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../../config/buildError.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import type { ValidationError } from "./validationError.ts";

/** The input of a check. Its structure is already validated. */
export interface Input {
  readonly name: string;
  readonly spec: FlinkDeploymentSpec;
  /** The defaults of the namespace and the Flink version, overridden by the spec's flinkConfiguration. */
  readonly config: FlinkConfig;
  /** The last reconciled spec; undefined before the first deployment. */
  readonly deployed: FlinkDeploymentSpec | undefined;
}

/** One rule. Undefined: valid. */
export type Check = (input: Input) => ValidationError | undefined;

/** The result of a check. A read or build error becomes an error of its field or key. */
export function runCheck(check: () => ValidationError | undefined): ValidationError | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const { field, message } = error;
    const named = [`${field}: `, `${field} `].find((prefix) => message.startsWith(prefix)) ?? "";
    return { field, message: message.slice(named.length) };
  }
}

/** The results of all checks in order, without duplicates. */
export function runChecks<Subject>(
  checks: readonly ((input: Subject) => ValidationError | undefined)[],
  input: Subject,
): ValidationError[] {
  const errors = checks.flatMap((check) => runCheck(() => check(input)) ?? []);
  return errors.filter(
    (error, index) =>
      errors.findIndex(({ field, message }) => field === error.field && message === error.message) === index,
  );
}

export const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === "";
