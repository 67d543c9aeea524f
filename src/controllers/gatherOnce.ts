import type { FlinkFacts, PollPlan } from "../api/flinkFacts.ts";
import { type KubeObject, type ResourceType, resourceTypes } from "../api/kubernetes.ts";
import { asFlinkDeployment, type FlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJob } from "../api/v1beta1/flinksessionjob.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { withDeployedDecisions } from "../core/autoscaler/autoscale.ts";
import { decideFlinkDeployment } from "../core/flinkdeployment/decide.ts";
import { settingsOf } from "../core/flinkdeployment/specConfiguration.ts";
import { decideFlinkSessionJob } from "../core/flinksessionjob/decide.ts";
import type { Facts, WaveFacts } from "../core/job/model/facts.ts";
import {
  flinkDeploymentKind,
  flinkSessionJobKind,
  type ResourceKind,
} from "../core/job/model/resourceKind.ts";
import type { Start } from "../core/plan/foresee.ts";
import { type LastReconciledSpec, readLastReconciledSpec } from "../core/spec/lastReconciledSpec.ts";
import { type FlinkRest, FlinkRestError } from "../flink/api.ts";
import type { Observation } from "../flink/observation.ts";
import { factsAfterAnswer, factsAfterFailure, noFacts, requestPart } from "../flink/pollFacts.ts";
import type { KubeApi } from "../kube/api.ts";
import { isKubeError, isNotFound } from "../kube/errors.ts";
import { createConfigurations } from "./flinkdeployment/configure.ts";
import { clusterKey, gatherResource } from "./flinkdeployment/gather.ts";
import { createRoutes, type Routes } from "./flinkdeployment/ingressRoutes.ts";
import { createSessionJobConfigurations, sessionJobSettings } from "./flinksessionjob/configure.ts";
import { gatherSessionJob, withClusterStatus } from "./flinksessionjob/gather.ts";
import { recordOf, waveKinds } from "./job/waves.ts";
import { createStores, type Stores, watchedTypesOf } from "./stores.ts";

/**
 * Reads once what the operator knows from its watches and polls: for plans and explanations, by somebody who only looks.
 */

export interface Reader {
  readonly kube: Pick<KubeApi, "list">;
  /** The JobManager of a cluster. */
  flinkOf(namespace: string, clusterId: string): FlinkRest;
  readonly config: FlinkConfig;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** A type that could not be read, in the words of the API server. */
export interface Unread {
  readonly type: ResourceType;
  readonly why: string;
  /** The API server does not serve the type. Otherwise the caller may not read it. */
  readonly isAbsent: boolean;
}

/** All objects of a namespace that decisions depend on. */
export interface NamespaceView {
  readonly stores: Stores;
  readonly routes: Routes;
  readonly unread: readonly Unread[];
}

export async function readNamespace(
  { kube, config, now }: Reader,
  namespace: string,
): Promise<NamespaceView> {
  const stores = createStores(now);
  const unread: Unread[] = [];
  await Promise.all(
    watchedTypesOf(stores, () => config).map(async ({ type, store, labelSelector }) => {
      const selector = labelSelector === undefined ? {} : { labelSelector };
      try {
        const { items } = await kube.list(type, { namespace, ...selector });
        const feed = store.feed(namespace).relist();
        for (const object of items) feed.applied(object);
        feed.commit("0");
      } catch (error) {
        if (!isKubeError(error)) throw error;
        unread.push({ type, why: error.message, isAbsent: isNotFound(error) });
      }
    }),
  );
  const unreadOf = (type: ResourceType) => unread.find((each) => each.type === type);
  const routes = createRoutes(stores.routes, {
    hasRead: (type) => unreadOf(type)?.isAbsent !== false,
    unavailableReason: (type) => (unreadOf(type)?.isAbsent === true ? "not served" : undefined),
  });
  return { stores, routes, unread };
}

/** The wave of a namespace, from the view of one of its resources. */
function waveAround({ stores }: NamespaceView, kind: string, { metadata }: KubeObject): WaveFacts {
  const all = waveKinds.flatMap((each) =>
    [...(each === "FlinkDeployment" ? stores.resources : stores.sessionJobs).values()].map((object) => ({
      isSelf: each === kind && object.metadata.name === metadata.name,
      record: recordOf(object),
    })),
  );
  const disrupted = all.filter(({ isSelf, record }) => !isSelf && record !== undefined);
  const failed = disrupted.filter(({ record }) => record?.failedAt !== undefined);
  return { resources: all.length, disrupted: disrupted.length, failed: failed.length };
}

const snapshotKind = ({ unread }: NamespaceView): Pick<Facts, "snapshotKind"> => ({
  snapshotKind: !unread.some(({ type, isAbsent }) => type === resourceTypes.flinkStateSnapshot && isAbsent),
});

/** In place of the jar that runs SQL scripts, which the operator has: nothing is built from it here. */
const ASSUMED_SQL_RUNNER = "";

const sources = (config: FlinkConfig) => ({
  config: () => config,
  logFiles: {},
  sqlRunner: ASSUMED_SQL_RUNNER,
});

/** A FlinkDeployment with all facts about it, as a reconcile sees it now. */
export async function gatherDeployment(
  reader: Reader,
  view: NamespaceView,
  resource: FlinkDeployment,
): Promise<Start> {
  const configurations = createConfigurations(sources(reader.config));
  const deployed = readDeployed(resource.status, flinkDeploymentKind);
  const effective = (changed: FlinkDeployment): FlinkDeployment =>
    withDeployedDecisions(changed, deployed?.spec, () => settingsOf(reader.config, changed, undefined));
  const decide: Start["decide"] = (changed, facts, now, disruptionAllowed) => {
    const scaled = effective(changed);
    const decisions = scaled === changed ? "" : "deployed";
    return decideFlinkDeployment({
      resource: scaled,
      facts,
      now,
      disruptionAllowed,
      configure: configurations.of(scaled, decisions),
    });
  };
  const { namespace = "", name } = resource.metadata;
  const sessionJobs =
    resource.spec.job === undefined
      ? view.stores.sessionJobs.by("cluster", clusterKey(namespace, name)).map(({ facts }) => facts)
      : undefined;
  const gathered = (flink: FlinkFacts | undefined): Facts => {
    const routes = view.routes.of(namespace, name);
    return {
      ...gatherResource(view.stores, resource, {
        find: (other) => view.stores.resources.get(namespace, other),
        flink,
        restAccess: "pod",
        sessionJobs,
      }),
      ...(routes === undefined ? {} : { routes }),
      ...snapshotKind(view),
      wave: waveAround(view, resourceTypes.flinkDeployment.kind, resource),
    };
  };
  const now = reader.now();
  const plan = decide(resource, gathered(undefined), now).poll;
  const facts = gathered(await askFlink(reader.flinkOf(namespace, name), plan, reader.now));
  const { highAvailability } = configurations.of(resource)(
    deployed?.spec ?? resource.spec,
    deployed,
  ).settings;
  const kind = flinkDeploymentKind;
  return { kind, resource, facts, now: reader.now(), decide, effective, highAvailability };
}

/** The same of a FlinkSessionJob. */
export async function gatherJobOfSession(
  reader: Reader,
  view: NamespaceView,
  resource: FlinkSessionJob,
): Promise<Start> {
  const configurations = createSessionJobConfigurations(() => reader.config, ASSUMED_SQL_RUNNER);
  const { namespace = "" } = resource.metadata;
  const found = view.stores.resources.get(namespace, resource.spec.deploymentName ?? "");
  const cluster = found && asFlinkDeployment(found);
  const deployed = readDeployed(resource.status as FlinkDeployment["status"], flinkSessionJobKind);
  const effective: NonNullable<Start["effective"]> = (changed) =>
    withDeployedDecisions(changed, deployed?.spec, () =>
      sessionJobSettings(reader.config, changed as FlinkSessionJob, cluster, undefined),
    );
  const decide: Start["decide"] = (changed, facts, now, disruptionAllowed) => {
    const scaled = effective(changed);
    const decisions = scaled === changed ? "" : "deployed";
    return decideFlinkSessionJob({
      resource: scaled,
      facts,
      now,
      disruptionAllowed,
      configure: configurations.of(scaled as FlinkSessionJob, cluster, decisions),
    });
  };
  const gathered = (flink: FlinkFacts | undefined): Facts => ({
    ...gatherSessionJob(resource, {
      stores: view.stores,
      restAccess: "pod",
      cluster,
      flink,
      submission: undefined,
      podLog: undefined,
    }),
    ...snapshotKind(view),
    wave: waveAround(view, resourceTypes.flinkSessionJob.kind, resource),
  });
  const seen = withClusterStatus(resource, cluster);
  const plan = decide(seen, gathered(undefined), reader.now()).poll;
  const facts = gathered(
    await askFlink(reader.flinkOf(namespace, resource.spec.deploymentName ?? ""), plan, reader.now),
  );
  const { highAvailability } = sessionJobSettings(
    reader.config,
    resource,
    cluster,
    deployed?.spec as FlinkSessionJob["spec"] | undefined,
  );
  const kind = flinkSessionJobKind;
  return { kind, resource: seen, facts, now: reader.now(), decide, effective, highAvailability };
}

/** What cannot be read is reported by the decision. */
function readDeployed(status: FlinkDeployment["status"], kind: ResourceKind): LastReconciledSpec | undefined {
  try {
    return readLastReconciledSpec(status?.reconciliationStatus?.lastReconciledSpec, kind.spec);
  } catch {
    return undefined;
  }
}

/** One answer to each question of the poll plan. */
async function askFlink(
  flink: FlinkRest,
  plan: PollPlan | undefined,
  now: Reader["now"],
): Promise<FlinkFacts | undefined> {
  if (plan === undefined) return undefined;
  let facts = noFacts(plan.deploymentUid);
  const ask = async (what: Observation): Promise<void> => {
    const at = now();
    try {
      const change = await requestPart(flink, plan, what, at, true, 0);
      facts = factsAfterAnswer(facts, what, change, now());
    } catch (error) {
      if (!(error instanceof FlinkRestError)) throw error;
      const { kind, status, message } = error;
      facts = factsAfterFailure(facts, what, { kind, status, message, at: now() });
    }
  };
  await ask("jobs");
  if (facts.reachability !== "ok") return facts;
  const isListed = facts.jobs?.some(({ id }) => id === plan.jobId) === true;
  const parts: Observation[] = [
    "config",
    "taskManagers",
    ...(isListed ? (["checkpoints", "exceptions"] as const) : []),
    ...(isListed && plan.want.parallelism === true ? (["parallelism"] as const) : []),
  ];
  await Promise.all(parts.map(ask));
  return facts;
}
