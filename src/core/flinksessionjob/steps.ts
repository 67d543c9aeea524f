import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJobStatus } from "../../api/v1beta1/flinksessionjob.ts";
import { keepFinalizer, type Procedure, recordGeneration } from "../job/decide.ts";
import { firstDeployment } from "../job/launch/launch.ts";
import { sessionJobKind } from "../job/model/resourceKind.ts";
import type { Step } from "../job/model/situation.ts";
import { restartCancelled, restartFailed } from "../job/recovery/restartEndedJob.ts";
import { restartUnhealthy } from "../job/recovery/restartUnhealthyJob.ts";
import { rollback } from "../job/rollback/rollback.ts";
import { cleanUp } from "../job/snapshots/cleanUpSnapshots.ts";
import { awaitSavepoint, pendingSnapshots } from "../job/snapshots/pendingSnapshots.ts";
import { takeSnapshots } from "../job/snapshots/takeSnapshots.ts";
import { cancelInProgress } from "../job/suspension/cancelInProgress.ts";
import { stopInProgress } from "../job/suspension/stopInProgress.ts";
import { redeploy, suspendedResource, upgrade } from "../job/upgrade/upgrade.ts";
import { awaitLaunchLeave, awaitSessionCluster } from "./awaitSessionCluster.ts";
import { decideSessionJobDeletion } from "./deletion.ts";
import { asItRuns } from "./editDuringStart.ts";
import { fetchEdit, jarFirst } from "./fetchJarFirst.ts";
import { lostJob } from "./lostJob.ts";
import { submission } from "./submission.ts";
import { makeWay } from "./suspendForReplacement.ts";

/** A job comes to a stop as what it runs as, unless the jar of its next spec was fetched. */
const ofWhatRuns =
  (step: Step): Step =>
  (situation) =>
    step(asItRuns(situation));

/** What an application's job goes through too, but for how it starts and for what it has no say in: its JobManager. */
const steps: readonly Step[] = [
  keepFinalizer,
  awaitSessionCluster,
  awaitLaunchLeave,
  firstDeployment,
  pendingSnapshots,
  fetchEdit,
  jarFirst(redeploy),
  submission,
  ofWhatRuns(stopInProgress),
  ofWhatRuns(cancelInProgress),
  suspendedResource,
  awaitSavepoint,
  jarFirst(upgrade),
  recordGeneration,
  rollback,
  restartFailed,
  restartCancelled,
  takeSnapshots,
  cleanUp,
  lostJob,
  restartUnhealthy,
];

/** While its session cluster is about to be replaced: nothing is begun but to stand still. */
const stepsAside: readonly Step[] = [
  keepFinalizer,
  awaitSessionCluster,
  pendingSnapshots,
  fetchEdit,
  submission,
  ofWhatRuns(stopInProgress),
  ofWhatRuns(cancelInProgress),
  ofWhatRuns(makeWay),
];

/** How a pass of a FlinkSessionJob is decided: seen as a FlinkDeployment whose cluster is another resource's. */
export const flinkSessionJobs: Procedure = {
  kind: sessionJobKind,
  stepsFor: ({ facts }) => (facts.session?.replacement === undefined ? steps : stepsAside),
  decideDeletion: decideSessionJobDeletion,
};

/** What is stored of the status that a session job is decided on: the rest is its session cluster's to say. */
export function asSessionJobStatus({
  clusterInfo: _,
  jobManagerDeploymentStatus: __,
  taskManager: ___,
  replacement: ____,
  ...status
}: FlinkDeploymentStatus): FlinkSessionJobStatus {
  return status;
}
