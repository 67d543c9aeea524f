import type { Submission } from "../../api/flinkFacts.ts";
import { shownJarUri } from "../../api/jarUri.ts";
import type { Action } from "../job/model/decision.ts";
import { type Facts, isHaConfigMap, isJobGraphKey } from "../job/model/facts.ts";
import { actionsOf, type Pass } from "./foresee.ts";

/** One step of a plan. */
export interface PlannedAct {
  readonly what: ActName;
  /** The object or path that it concerns. */
  readonly of?: string;
  /** It stops something that runs. */
  readonly stops?: true;
  /** It starts the job, or the session cluster. */
  readonly starts?: true;
}

export type ActName =
  | "validate"
  | "check script"
  | "fetch jar"
  | "stop with savepoint"
  | "cancel"
  | "stop cluster"
  | "delete HA metadata"
  | "prepare HA metadata"
  | "create cluster"
  | "create TaskManagers"
  | "submit job"
  | "start job"
  | "scale"
  | "scale in place"
  | "apply route"
  | "delete route"
  | "take savepoint"
  | "take checkpoint"
  | "create snapshot"
  | "delete snapshot"
  | "dispose of savepoint"
  | "create FlinkDeployment"
  | "change FlinkDeployment"
  | "label FlinkDeployment"
  | "delete FlinkDeployment";

/** The steps of all passes, in order. What the operator does for its own bookkeeping is left out. */
export function plannedActs(passes: readonly Pass[]): PlannedAct[] {
  const acts = passes.flatMap((pass) =>
    actionsOf(pass.decision).flatMap((action) => actOf(action, pass.facts)),
  );
  // A cancel is repeated until Flink has begun it, and bounds of the parallelism are relaxed at its end.
  return acts.filter(
    ({ what }, at) => (what !== "cancel" && what !== "scale in place") || acts[at - 1]?.what !== what,
  );
}

function actOf(action: Action, { haConfigMaps, other }: Facts): PlannedAct[] {
  switch (action.kind) {
    case "add-finalizer":
    case "remove-finalizer":
      return [];
    case "dry-run":
      return [{ what: "validate" }];
    case "start-sql-check":
    case "check-script":
      return [{ what: "check script" }];
    case "delete-sql-check":
      return [];
    case "launch":
      return [{ what: "create cluster", of: action.objects.deployment.metadata.name, starts: true }];
    case "launch-standby":
      return [{ what: "create cluster", of: action.objects.deployment.metadata.name }];
    case "open-gate":
      return [{ what: "start job", of: action.name, starts: true }];
    case "expose":
      return action.objects.taskManagers === undefined
        ? []
        : [{ what: "create TaskManagers", of: action.objects.taskManagers.metadata.name }];
    case "stop-job-manager":
      return [{ what: "stop cluster", of: `${action.name} (its JobManager first)`, stops: true }];
    case "scale-deployment":
      return [{ what: "scale", of: `${action.name} to ${action.replicas}` }];
    case "delete-deployment":
      return [{ what: "stop cluster", of: action.name, stops: true }];
    case "delete-config-maps":
      return !(other?.clusterId === action.clusterId ? other.haConfigMaps : haConfigMaps).some(({ name }) =>
        isHaConfigMap(name),
      )
        ? []
        : [{ what: "delete HA metadata", of: action.clusterId }];
    case "release-ha-lease":
      return [{ what: "prepare HA metadata", of: action.clusterId }];
    case "prepare-ha-restore":
      return !haConfigMaps.some(({ dataKeys }) => dataKeys.some(isJobGraphKey))
        ? []
        : [{ what: "prepare HA metadata", of: action.clusterId }];
    case "apply-route":
      return [{ what: "apply route", of: `${action.route} ${action.object.metadata.name}` }];
    case "delete-route":
      return [{ what: "delete route", of: `${action.route} ${action.name}` }];
    case "create-snapshot":
      return [{ what: "create snapshot", of: withoutTime(action.object.metadata.name) }];
    case "delete-snapshot":
      return [{ what: "delete snapshot", of: action.name }];
    case "dispose-savepoint":
      return [{ what: "dispose of savepoint", of: action.path }];
    case "trigger-savepoint":
      return [{ what: "take savepoint", ...inDirectory(action.targetDirectory) }];
    case "trigger-checkpoint":
      return [{ what: "take checkpoint" }];
    case "rescale":
      return [{ what: "scale in place" }];
    case "stop-with-savepoint":
      return [{ what: "stop with savepoint", ...inDirectory(action.targetDirectory), stops: true }];
    case "cancel":
      return [{ what: "cancel", stops: true }];
    case "fetch-jar":
      return fetchedUris(action.submission).map((uri) => ({ what: "fetch jar", of: shownJarUri(uri) }));
    case "submit":
      return [
        {
          what: "submit job",
          ...(action.submission.jarURI && { of: shownJarUri(action.submission.jarURI) }),
          starts: true,
        },
      ];
  }
}

const fetchedUris = ({ jarURI, jars = [] }: Submission): string[] =>
  [jarURI, ...jars.map(({ uri }) => uri)].filter((uri) => uri !== undefined);

const inDirectory = (directory: string | undefined) => (directory === undefined ? {} : { of: directory });

/** The name of a snapshot ends with the time when it is requested. */
const withoutTime = (name: string): string => name.replace(/\d{13}$/, "TIME");
