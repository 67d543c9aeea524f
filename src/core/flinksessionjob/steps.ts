import { keepFinalizer } from "../job/deletion/keepFinalizer.ts";
import { firstDeployment } from "../job/launch/launch.ts";
import type { Situation, Step } from "../job/model/situation.ts";
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
import { endScriptCheck } from "../job/upgrade/checkScriptFirst.ts";
import { redeploy } from "../job/upgrade/redeploy.ts";
import { upgrade } from "../job/upgrade/upgrade.ts";
import { awaitSessionCluster, awaitStableSessionCluster } from "./awaitSessionCluster.ts";
import { checkScriptBeforeUpgrade, checkScriptFirst } from "./checkScriptFirst.ts";
import { withDeployedSpec } from "./editDuringStart.ts";
import { fetchJarFirst, fetchJarOfEdit } from "./fetchJarFirst.ts";
import { lostJob } from "./lostJob.ts";
import { submission } from "./submission.ts";
import { suspendForReplacement } from "./suspendForReplacement.ts";

/** Stops the job with its deployed spec, unless the jar of its next spec was fetched. */
const onDeployedSpec =
  (step: Step): Step =>
  (situation) =>
    step(withDeployedSpec(situation));

/** The steps of an application's job, with a different start, and without those for the JobManager. */
const steps: readonly Step[] = [
  keepFinalizer,
  endScriptCheck,
  awaitSessionCluster,
  awaitStableSessionCluster,
  firstDeployment,
  pendingSnapshots,
  fetchJarOfEdit,
  checkScriptFirst(fetchJarFirst(redeploy)),
  submission,
  onDeployedSpec(stopInProgress),
  onDeployedSpec(cancelInProgress),
  suspendedResource,
  awaitSavepoint,
  rescaleInPlace,
  unlessInPlace(checkScriptBeforeUpgrade(fetchJarFirst(upgrade))),
  recordGeneration,
  rollback,
  restartFailed,
  restartCancelled,
  takeSnapshots,
  cleanUpSnapshots,
  lostJob,
  restartUnhealthy,
];

/** While its session cluster is about to be replaced, only a suspension may begin. */
const stepsDuringReplacement: readonly Step[] = [
  keepFinalizer,
  awaitSessionCluster,
  pendingSnapshots,
  fetchJarOfEdit,
  submission,
  onDeployedSpec(stopInProgress),
  onDeployedSpec(cancelInProgress),
  onDeployedSpec(suspendForReplacement),
];

export const stepsFor = ({ facts }: Situation): readonly Step[] =>
  facts.session?.replacement === undefined ? steps : stepsDuringReplacement;
