import type { FlinkDeploymentSpec, PodTemplateSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { MAIN_CONTAINER } from "../../api/v1beta1/names.ts";
import { PYTHON_DRIVER } from "../../config/jobProgram.ts";

/** Flink's own list of words in the names of what it does not log (GlobalConfiguration, 1.20 and 2.3). */
const masked =
  /password|secret|fs\.azure\.account\.key|apikey|api-key|auth-params|service-key|token|basic-auth|jaas\.config|http-headers/i;

/**
 * Warns whoever gives a Python job secrets as environment variables: Flink's driver logs all of them, and masks only those
 * that it knows by their names.
 */
export function warnOfLoggedSecrets({ job, podTemplate, jobManager }: FlinkDeploymentSpec): string[] {
  if (job?.python === undefined && job?.entryClass !== PYTHON_DRIVER) return [];
  return [
    ...loggedBy(podTemplate, "spec.podTemplate"),
    ...loggedBy(jobManager?.podTemplate, "spec.jobManager.podTemplate"),
  ].map((what) => `${what} is logged by Flink when it starts a Python program: mount the secret as a file`);
}

interface Variables {
  readonly name?: unknown;
  readonly env?: readonly {
    readonly name?: unknown;
    readonly valueFrom?: { readonly secretKeyRef?: unknown };
  }[];
  readonly envFrom?: readonly { readonly secretRef?: { readonly name?: unknown } }[];
}

function loggedBy(template: PodTemplateSpec | undefined, path: string): string[] {
  const containers = (template?.spec?.containers ?? []) as readonly Variables[];
  const main = containers.find(({ name }) => name === MAIN_CONTAINER);
  const single = (main?.env ?? [])
    .filter(({ name, valueFrom }) => valueFrom?.secretKeyRef != null && !masked.test(String(name)))
    .map(({ name }) => `${path}: the variable ${name} of a Secret`);
  const whole = (main?.envFrom ?? [])
    .filter(({ secretRef }) => secretRef != null)
    .map(({ secretRef }) => `${path}: what the Secret ${secretRef?.name} has for variables`);
  return [...single, ...whole];
}
