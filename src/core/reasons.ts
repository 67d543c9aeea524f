/**
 * All reasons of Events, conditions and status.error. docs/troubleshooting.md has an entry for each, and no others
 * (scripts/troubleshooting.test.ts).
 */

/** The operator's own reasons. Most are the Java operator's (REFERENCE 1.24). */
export const ownReasons = [
  "AutoscalerError",
  "AutoscalerHasNoEffect",
  "AwaitingPromotion",
  "CheckpointError",
  "CheckpointNotFound",
  "Cleanup",
  "CleanupDryRun",
  "CleanupFailed",
  "Deleting",
  "Configuration recommendation",
  "DeployedNotReady",
  "Deploying",
  "Error",
  "EvaluatorFailed",
  "Finished",
  "FlinkVersionNotTested",
  "IneffectiveScaling",
  "IngressManagement",
  "JarNotVerified",
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
  "MemoryPressure",
  "Missing",
  "NotResponding",
  "NothingInTheWay",
  "NothingUnderWay",
  "RecoverDeployment",
  "Recovering",
  "Redeploying",
  "RestartUnhealthyJob",
  "ResourceQuotaReached",
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
  "ScalingLimited",
  "ScalingReport",
  "ScalingUndone",
  "ScalingVetoed",
  "SessionJobsNotSaved",
  "SnapshotAbandoned",
  "SpecChanged",
  "StateDropped",
  "SubmissionFailed",
  "Submit",
  "Suspended",
  "Suspending",
  "TasksStarting",
  "TransitionAborted",
  "TransitionFailed",
  "TransitionFinished",
  "TransitionStarted",
  "UnknownFields",
  "UpgradeFailed",
  "Upgrading",
  "ValidationError",
  "Verifying",
  "Waiting",
  "WaitingForApproval",
  "WaitingForDisruptionWindow",
  "WaitingForWave",
  "WaveStopped",
] as const;

/** Flink's job states, as reasons of the condition Running. */
export const jobStateReasons = [
  "Canceled",
  "Cancelling",
  "Created",
  "Failed",
  "Failing",
  "Initializing",
  "Reconciling",
] as const;

/** Reasons of the kubelet for a container, and of a controller that may not create pods. */
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

/** Reasons of failed requests to the API server: its own, and ours if it gave no response. */
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

/** The first word from another source that is a known reason; "Error" if none is. The message has the details. */
export const firstReason = (...words: readonly unknown[]): Reason => words.find(isReason) ?? "Error";
