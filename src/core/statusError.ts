import { redactSecrets } from "../api/redact.ts";
import { firstReason, type Reason } from "./reasons.ts";

/**
 * status.error in the JSON form that the Java operator writes (REFERENCE 1.24). Tools parse it and read `type`, so it
 * contains the Java operator's exception classes.
 */
export const errorTypes = {
  validation: "org.apache.flink.kubernetes.operator.exception.ValidationException",
  upgradeFailure: "org.apache.flink.kubernetes.operator.exception.UpgradeFailureException",
  deploymentFailed: "org.apache.flink.kubernetes.operator.exception.DeploymentFailedException",
  reconciliation: "org.apache.flink.kubernetes.operator.exception.ReconciliationException",
  missingJobManager: "org.apache.flink.kubernetes.operator.exception.MissingJobManagerException",
} as const;

export interface StatusError {
  /** Fully qualified Java class name: one of `errorTypes`, or that of an exception of the job. */
  readonly type: string;
  readonly message: string;
  readonly stackTrace?: string | undefined;
  /** The reason from Kubernetes, or of the failed upgrade. */
  readonly reason?: Reason | undefined;
  readonly httpResponseCode?: number | undefined;
  /** Labels from the configured classification of exceptions. */
  readonly labels?: readonly string[] | undefined;
  /** Its causes, nearest first. */
  readonly causes?: readonly { readonly type: string; readonly message: string }[] | undefined;
}

/** Reason and message of a status.error, also if it is not JSON; undefined without an error. */
export function readStatusError(text: string | undefined): { reason: Reason; message: string } | undefined {
  if (text === undefined || text === "") return undefined;
  const { type, message, additionalMetadata } = parse(text) ?? {};
  return {
    reason: firstReason(additionalMetadata?.reason, reasonOfType[`${type}`]),
    message: typeof message === "string" && message !== "" ? message : text,
  };
}

/** The reasons for errors that the Java operator writes without a reason. */
const reasonOfType: Readonly<Record<string, Reason>> = {
  [errorTypes.validation]: "ValidationError",
  [errorTypes.upgradeFailure]: "UpgradeFailed",
  [errorTypes.missingJobManager]: "Missing",
};

function parse(text: string) {
  try {
    return JSON.parse(text) as {
      type?: unknown;
      message?: unknown;
      additionalMetadata?: { reason?: unknown };
    } | null;
  } catch {
    return undefined;
  }
}

/** The reference's limits: characters of a field, number of causes. */
const maxLength = 2_048;
const maxCauses = 2;

export function formatStatusError(error: StatusError): string {
  const { type, message, stackTrace, reason, httpResponseCode, labels, causes = [] } = error;
  return JSON.stringify({
    type,
    message: limit(message),
    stackTrace: stackTrace === undefined ? undefined : limit(stackTrace),
    additionalMetadata: {
      httpResponseCode,
      reason,
      labels: labels === undefined || labels.length === 0 ? undefined : labels,
    },
    throwableList: causes.slice(0, maxCauses).map((cause) => ({
      type: cause.type,
      message: limit(cause.message),
      additionalMetadata: {},
    })),
  });
}

function limit(text: string): string {
  const masked = redactSecrets(text.slice(0, 2 * maxLength));
  return masked.length <= maxLength ? masked : `${masked.slice(0, maxLength - 3)}...`;
}
