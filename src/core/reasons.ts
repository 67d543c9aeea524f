/**
 * Every reason that an Event, a condition or status.error can have: one word in CamelCase. docs/troubleshooting.md has an
 * entry for each, and for nothing else (scripts/troubleshooting.test.ts).
 */

/** The operator's own; most are the Java operator's words (REFERENCE 1.24). */
export const ownReasons = [
  "AutoscalerHasNoEffect",
  "BlueGreenHasNoEffect",
  "CheckpointError",
  "CheckpointNotFound",
  "Cleanup",
  "CleanupDryRun",
  "CleanupFailed",
  "Deleting",
  "DeployedNotReady",
  "Deploying",
  "Error",
  "Finished",
  "FlinkVersionNotTested",
  "IngressManagement",
  "JobCanceled",
  "JobCancelled",
  "JobException",
  "JobFailed",
  "JobManagerDeploymentMissing",
  "JobManagerError",
  "JobManagerIsDeploying",
  "JobManagerMissing",
  "JobManagerReady",
  "JobManagerShutdown",
  "JobManagerStarting",
  "JobNotRunning",
  "JobStarting",
  "JobStatusChanged",
  "Missing",
  "NotResponding",
  "NothingInTheWay",
  "NothingUnderWay",
  "RecoverDeployment",
  "Recovering",
  "Redeploying",
  "RestartUnhealthyJob",
  "Restarting",
  "RestoreFailed",
  "Resuming",
  "RetriesExhausted",
  "RolledBack",
  "Rollback",
  "RollingBack",
  "Running",
  "SavepointError",
  "SavepointOnDeletion",
  "Scaling",
  "SessionJobsNotSaved",
  "SnapshotAbandoned",
  "SpecChanged",
  "SubmissionFailed",
  "Submit",
  "Suspended",
  "Suspending",
  "UpgradeFailed",
  "Upgrading",
  "ValidationError",
  "Waiting",
] as const;

/** Flink's states of a job, as the condition Running says them. */
export const jobStateReasons = [
  "Canceled",
  "Cancelling",
  "Created",
  "Failed",
  "Failing",
  "Initializing",
  "Reconciling",
] as const;

/** The kubelet's of a container, and a controller's that may not create pods. */
export const podReasons = [
  "CrashLoopBackOff",
  "CreateContainerConfigError",
  "CreateContainerError",
  "ErrImageNeverPull",
  "ErrImagePull",
  "FailedCreate",
  "ImagePullBackOff",
  "InvalidImageName",
  "OOMKilled",
  "RunContainerError",
] as const;

/** Of a request to the API server: its own words, and ours where it gave no answer. */
export const apiServerReasons = [
  "AlreadyExists",
  "BadRequest",
  "Broken",
  "Conflict",
  "Expired",
  "FieldValueInvalid",
  "Forbidden",
  "Gone",
  "InternalError",
  "Invalid",
  "Malformed",
  "MethodNotAllowed",
  "NotAcceptable",
  "NotFound",
  "NotLeading",
  "Refused",
  "RequestEntityTooLarge",
  "ServerTimeout",
  "ServiceUnavailable",
  "Silent",
  "StoreReadError",
  "Timeout",
  "TooManyRequests",
  "Unauthorized",
  "Unresolved",
  "UnsupportedMediaType",
] as const;

export const reasons = [...ownReasons, ...jobStateReasons, ...podReasons, ...apiServerReasons] as const;
export type Reason = (typeof reasons)[number];

const known: ReadonlySet<string> = new Set(reasons);

const isReason = (word: unknown): word is Reason => typeof word === "string" && known.has(word);

/** Of somebody else's words the first that has an entry; "Error" where none has: the message says more. */
export const firstReason = (...words: readonly unknown[]): Reason => words.find(isReason) ?? "Error";
