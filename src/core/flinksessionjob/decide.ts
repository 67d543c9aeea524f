import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJobStatus } from "../../api/v1beta1/flinksessionjob.ts";
import { cancelInProgress } from "../flinkdeployment/cancel.ts";
import { cleanUp } from "../flinkdeployment/cleanUp.ts";
import { keepFinalizer, type Procedure, recordGeneration } from "../flinkdeployment/decide.ts";
import { firstDeployment } from "../flinkdeployment/launch.ts";
import { awaitSavepoint, pendingSnapshots } from "../flinkdeployment/pendingSnapshots.ts";
import { restartCancelled, restartFailed } from "../flinkdeployment/restart.ts";
import { restartUnhealthy } from "../flinkdeployment/restartUnhealthy.ts";
import { rollback } from "../flinkdeployment/rollback.ts";
import type { Step } from "../flinkdeployment/situation.ts";
import { stopInProgress } from "../flinkdeployment/stop.ts";
import { sessionJobKind } from "../flinkdeployment/subject.ts";
import { takeSnapshots } from "../flinkdeployment/takeSnapshots.ts";
import { redeploy, suspendedResource, upgrade } from "../flinkdeployment/upgrade.ts";
import { awaitLaunchLeave, awaitSessionCluster } from "./awaitSessionCluster.ts";
import { decideSessionJobDeletion } from "./deletion.ts";
import { asItRuns } from "./editAtStart.ts";
import { fetchEdit, jarFirst } from "./jarFirst.ts";
import { lostJob } from "./lostJob.ts";
import { makeWay } from "./makeWay.ts";
import { submission } from "./submission.ts";

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
