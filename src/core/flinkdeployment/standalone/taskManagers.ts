import type { FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { taskManagerName } from "../../../api/v1beta1/names.ts";
import { scalesTaskManagers } from "../../job/disruption/hold.ts";
import type { Action, EventIntent } from "../../job/model/decision.ts";
import type { Outcome, Situation, Step } from "../../job/model/situation.ts";
import { isTerminal } from "../../job/observe/observeJob.ts";
import { isStandalone, launchIdOf, taskManagersOf } from "../../job/status/status.ts";
import { specChanged } from "../../job/upgrade/specChangedEvent.ts";
import { recordedWithoutLaunch } from "../independentChange.ts";

/**
 * What only a standalone cluster needs: its TaskManagers are the pods of a Deployment that the operator manages. All
 * actions here are repeated until the facts match, so none needs a recorded intent.
 */

/** A change of the number of TaskManagers that needs no restart. The spec is recorded as deployed. */
export const scaleTaskManagers: Step = (situation) => {
  const { diff, spec, deployed, settings, nextSettings, facts, status } = situation;
  if (diff?.type !== "SCALE" || !scalesTaskManagers(spec, settings)) return undefined;
  if (status.reconciliationStatus?.state !== "DEPLOYED" || deployed === undefined) return undefined;
  const { taskManagers } = facts;
  if (taskManagers === undefined || taskManagers.deleting) return undefined;
  const replicas = nextSettings.taskManagers;
  const recorded = recordedWithoutLaunch(situation, scaled(spec, deployed.spec));
  return {
    actions: taskManagers.replicas === replicas ? [] : [scale(situation, taskManagers.uid, replicas)],
    events: [specChanged(situation), { ...scaling, component: componentOf(spec) }],
    status: { ...recorded, taskManager: taskManagersOf(situation, replicas) },
    // The same edit may ask for a snapshot.
    requeueAfterMs: 0,
  };
};

/** The job keeps running as it was started, except for its parallelism. */
const scaled = (spec: FlinkDeploymentSpec, deployed: FlinkDeploymentSpec): FlinkDeploymentSpec => ({
  ...spec,
  ...(spec.job === undefined ? {} : { job: { ...deployed.job, parallelism: spec.job.parallelism } }),
});

/**
 * Keeps the TaskManagers' Deployment of a cluster that should run as it was deployed: existing, with its replicas.
 */
export const keepTaskManagers: Step = (situation) => {
  const { status, deployed, facts, settings } = situation;
  const { jobManager, taskManagers } = facts;
  if (deployed === undefined || !isStandalone(deployed.spec) || !settledStates.has(stateOf(situation)))
    return undefined;
  if (!isToRun(deployed.spec) || isTerminal(status.jobStatus?.state)) return undefined;
  if (jobManager === undefined || jobManager.deleting || taskManagers?.deleting) return undefined;
  if (taskManagers === undefined)
    return settings.recoveryEnabled ? recreate(situation, jobManager.uid) : undefined;
  const { replicas, scaledDirectly, uid } = taskManagers;
  if (replicas === settings.taskManagers || scaledDirectly) return undefined;
  return {
    actions: [scale(situation, uid, settings.taskManagers)],
    events: [replicasReset(replicas, settings.taskManagers)],
  };
};

const isToRun = ({ job }: FlinkDeploymentSpec): boolean => job === undefined || job.state === "running";

const stateOf = ({ status }: Situation): string => status.reconciliationStatus?.state ?? "";

const settledStates: ReadonlySet<string> = new Set(["DEPLOYED", "ROLLED_BACK"]);

function recreate(situation: Situation, deploymentUid: string): Outcome {
  const { asDeployed, generation, status } = situation;
  const { jobId } = status.jobStatus ?? {};
  const launchId = launchIdOf(situation);
  const objects = asDeployed.build({ generation, jobId, launchId, restore: { kind: "none" } });
  const component = componentOf(situation.spec);
  return {
    actions: [{ kind: "expose", objects, deploymentUid }],
    events: [{ ...recovering, component }],
  };
}

const scale = ({ resource }: Situation, uid: string, replicas: number): Action => ({
  kind: "scale-deployment",
  name: taskManagerName(resource.metadata.name),
  uid,
  replicas,
});

/** The component of an Event. */
const componentOf = ({ job }: FlinkDeploymentSpec) => (job === undefined ? "JobManagerDeployment" : "Job");

const scaling: Omit<EventIntent, "component"> = {
  type: "Normal",
  reason: "Scaling",
  message: "In-place scaling triggered",
};

const replicasReset = (found: number, desired: number): EventIntent => ({
  type: "Normal",
  reason: "Scaling",
  component: "JobManagerDeployment",
  message:
    `The TaskManagers' Deployment had ${found} replicas, and has ${desired} again, as the spec says. To change their ` +
    "number, set spec.taskManager.replicas",
});

const recovering: Omit<EventIntent, "component"> = {
  type: "Warning",
  reason: "RecoverDeployment",
  message: "Recovering the lost Deployment of the TaskManagers",
};
