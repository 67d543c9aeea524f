import { endedJobManager } from "../job/deletion/endedJobManager.ts";
import { keepFinalizer } from "../job/deletion/keepFinalizer.ts";
import { firstDeployment, launchPending } from "../job/launch/launch.ts";
import type { Situation, Step } from "../job/model/situation.ts";
import { lostJobManager } from "../job/recovery/lostJobManager.ts";
import { restartCancelled, restartFailed } from "../job/recovery/restartEndedJob.ts";
import { restartUnhealthy } from "../job/recovery/restartUnhealthyJob.ts";
import { unlessInPlace } from "../job/rescale/eligibility.ts";
import { rescaleInPlace } from "../job/rescale/rescale.ts";
import { rollback } from "../job/rollback/rollback.ts";
import { cleanUpSnapshots } from "../job/snapshots/cleanUpSnapshots.ts";
import { awaitSavepoint, pendingSnapshots } from "../job/snapshots/pendingSnapshots.ts";
import { takeSnapshots } from "../job/snapshots/takeSnapshots.ts";
import { recordGeneration } from "../job/status/recordGeneration.ts";
import { cancelInProgress } from "../job/suspension/cancelInProgress.ts";
import { stopInProgress } from "../job/suspension/stopInProgress.ts";
import { suspendedResource } from "../job/suspension/suspendedResource.ts";
import {
  checkScriptBeforeUpgrade,
  checkScriptFirst,
  endScriptCheck,
} from "../job/upgrade/checkScriptFirst.ts";
import { redeploy } from "../job/upgrade/redeploy.ts";
import { upgrade } from "../job/upgrade/upgrade.ts";
import { endWarmUpgrade } from "../job/warm/endWarmUpgrade.ts";
import { awaitName } from "../job/warm/heldName.ts";
import { warmFirst } from "../job/warm/warmFirst.ts";
import { fetchJarsFirst } from "./fetchJarsFirst.ts";
import { independentChange } from "./independentChange.ts";
import { lostSessionCluster, replaceSessionCluster } from "./sessioncluster/replacement.ts";
import { keepTaskManagers, scaleTaskManagers } from "./standalone/taskManagers.ts";

/** The steps of a reconcile of a FlinkDeployment, in order. The first one with an outcome ends it. */
const applicationSteps: readonly Step[] = [
  awaitName,
  keepFinalizer,
  endScriptCheck,
  endWarmUpgrade,
  firstDeployment,
  pendingSnapshots,
  checkScriptFirst(fetchJarsFirst(redeploy)),
  launchPending,
  stopInProgress,
  cancelInProgress,
  suspendedResource,
  independentChange,
  awaitSavepoint,
  scaleTaskManagers,
  rescaleInPlace,
  unlessInPlace(warmFirst(checkScriptBeforeUpgrade(fetchJarsFirst(upgrade)))),
  recordGeneration,
  rollback,
  restartFailed,
  restartCancelled,
  takeSnapshots,
  cleanUpSnapshots,
  lostJobManager,
  keepTaskManagers,
  endedJobManager,
  restartUnhealthy,
];

const sessionClusterSteps: readonly Step[] = [
  awaitName,
  keepFinalizer,
  firstDeployment,
  launchPending,
  independentChange,
  scaleTaskManagers,
  keepTaskManagers,
  replaceSessionCluster,
  recordGeneration,
  lostSessionCluster,
];

export const stepsFor = ({ spec }: Situation): readonly Step[] =>
  spec.job === undefined ? sessionClusterSteps : applicationSteps;
