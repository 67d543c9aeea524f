import type { Operation, RestEndpoint, Submission } from "../../api/flinkFacts.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkStateSnapshot } from "../../api/v1beta1/flinkstatesnapshot.ts";
import {
  APP_LABEL,
  COMPONENT_LABEL,
  clusterTypes,
  components,
  TYPE_LABEL,
  taskManagerName,
} from "../../api/v1beta1/names.ts";
import type { ClusterObjects } from "../../core/build/cluster.ts";
import { routeTypes } from "../../core/build/ingress.ts";
import { underAnotherName } from "../../core/flinkstatesnapshot/build.ts";
import type { Action } from "../../core/job/model/decision.ts";
import { hasHaMetadata, isHaConfigMap, isJobGraphKey } from "../../core/job/model/facts.ts";
import type { ResourceKind } from "../../core/job/model/resourceKind.ts";
import type { ActFailure } from "../../core/job/status/failure.ts";
import { type FlinkRest, FlinkRestError } from "../../flink/api.ts";
import type { KubeApi, WriteOptions } from "../../kube/api.ts";
import { isAlreadyExists, isKubeError, isNotFound, isTransient } from "../../kube/errors.ts";
import { type Acted, actInOrder } from "../actInOrder.ts";
import { projectConfigMap } from "./project.ts";
import type { Routes } from "./routes.ts";

/** What the acts of one pass work with. */
export interface Clients {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  readonly endpoint: RestEndpoint | undefined;
  readonly kind: ResourceKind;
  readonly routes?: Routes | undefined;
  /** Begins a submission in the background. */
  submit?(at: RestEndpoint, submission: Submission): void;
  /** Begins to fetch its jar in the background, for nothing but to know that it can be had. */
  fetchJar?(at: RestEndpoint, submission: Submission): void;
  /** Called with the answer to each write of an object that the stores hold. */
  wrote(object: KubeObject): void;
  deleted(namespace: string, name: string, uid: string): void;
  deletedSnapshot(namespace: string, name: string, uid: string): void;
  /** What becomes of it matters from now on. */
  disposing(operation: Operation): void;
  /**
   * The API server was asked about a Deployment, or created it; with `unknown`, it has a field that the server does not
   * know.
   */
  judged(deployment: string, unknown?: string): void;
  /** The JobManager was asked for something: what it says next matters. */
  askedFlink(): void;
}

/** Performs the actions in order and stops at the first that fails. */
export const act = (
  actions: readonly Action[],
  resource: KubeObject,
  clients: Clients,
): Promise<Acted<ActFailure>> =>
  actInOrder(actions, resource, (action, current) => perform(action, current, clients), describeFailure);

/** Resolves to the resource where the action changed it. */
async function perform(
  action: Action,
  resource: KubeObject,
  clients: Clients,
): Promise<KubeObject | undefined> {
  const { kube, flink, kind } = clients;
  const namespace = resource.metadata.namespace ?? "";
  switch (action.kind) {
    case "add-finalizer":
      return setFinalizers(
        resource,
        clients,
        (present) => [...present.filter((name) => name !== kind.finalizer), kind.finalizer],
        kind.labelsOf(resource),
      );
    case "remove-finalizer":
      return setFinalizers(resource, clients, (present) => present.filter((name) => name !== kind.finalizer));
    case "dry-run":
      if (action.only === undefined) await dryRun(action.objects.deployment, clients);
      await dryRun(action.objects.taskManagers, clients);
      await dryRun(action.objects.taskManagerTrial, clients);
      return undefined;
    case "launch":
      return launch(action.objects, clients);
    case "expose":
      return expose(action.objects, action.deploymentUid, clients);
    case "stop-job-manager":
      return scale(namespace, { ...action, replicas: 0 }, clients);
    case "scale-deployment":
      return scale(namespace, action, clients);
    case "delete-deployment":
      await kube.delete(resourceTypes.deployment, namespace, action.name, {
        uid: action.uid,
        propagation: "Foreground",
      });
      clients.deleted(namespace, action.name, action.uid);
      return undefined;
    case "delete-config-maps":
      return deleteConfigMaps(kube, namespace, action.clusterId, action.all);
    case "prepare-ha-restore":
      return prepareHaRestore(kube, namespace, action.clusterId);
    case "apply-route":
      clients.routes?.applied(
        action.route,
        action.object,
        await kube.apply(routeTypes[action.route], action.object),
      );
      return undefined;
    case "delete-route":
      await kube.delete(routeTypes[action.route], namespace, action.name, { uid: action.uid });
      clients.routes?.deleted(action.route, namespace, action.name, action.uid);
      return undefined;
    case "create-snapshot":
      return createSnapshot(action.object, action.optional, clients);
    case "delete-snapshot":
      await kube.delete(resourceTypes.flinkStateSnapshot, namespace, action.name, { uid: action.uid });
      clients.deletedSnapshot(namespace, action.name, action.uid);
      return undefined;
    case "trigger-savepoint": {
      const { jobId, kind: _, ...request } = action;
      await flink.triggerSavepoint(reachable(clients), jobId, request);
      clients.askedFlink();
      return undefined;
    }
    case "trigger-checkpoint": {
      const { jobId, kind: _, ...request } = action;
      await flink.triggerCheckpoint(reachable(clients), jobId, request);
      clients.askedFlink();
      return undefined;
    }
    case "dispose-savepoint": {
      const triggerId = await flink.disposeSavepoint(reachable(clients), action.path);
      clients.disposing({ kind: "disposal", triggerId, path: action.path });
      return undefined;
    }
    case "cancel":
      await flink.cancel(reachable(clients), action.jobId);
      clients.askedFlink();
      return undefined;
    case "submit":
      clients.submit?.(reachable(clients), action.submission);
      return undefined;
    case "fetch-jar":
      clients.fetchJar?.(reachable(clients), action.submission);
      return undefined;
    case "stop-with-savepoint": {
      const { jobId, kind: _, ...request } = action;
      await flink.stopWithSavepoint(reachable(clients), jobId, request);
      clients.askedFlink();
      return undefined;
    }
  }
}

async function scale(
  namespace: string,
  { name, uid, replicas }: { readonly name: string; readonly uid: string; readonly replicas: number },
  { kube, wrote }: Clients,
): Promise<undefined> {
  const patch = { metadata: { uid }, spec: { replicas } };
  wrote(await kube.mergePatch(resourceTypes.deployment, namespace, name, patch));
}

async function setFinalizers(
  { metadata }: KubeObject,
  { kube, wrote, kind }: Clients,
  change: (present: readonly string[]) => string[],
  labels: Readonly<Record<string, string>> = {},
): Promise<KubeObject | undefined> {
  const present = metadata.finalizers ?? [];
  const finalizers = change(present);
  const missing = Object.entries(labels).filter(([name, value]) => metadata.labels?.[name] !== value);
  const isThere = finalizers.length === present.length && finalizers.every((name) => present.includes(name));
  if (isThere && missing.length === 0) return undefined;
  const patch = {
    metadata: {
      finalizers,
      resourceVersion: metadata.resourceVersion,
      ...(missing.length === 0 ? {} : { labels: Object.fromEntries(missing) }),
    },
  };
  const written = await kube.mergePatch(kind.type, metadata.namespace ?? "", metadata.name, patch);
  wrote(written);
  return written;
}

/**
 * The API server judges the Deployment as if it were created. That the old one still has its name is the last thing
 * the server checks, so this answer means that the new one passed.
 */
async function dryRun(deployment: KubeObject | undefined, { kube, judged }: Clients): Promise<void> {
  if (deployment === undefined) return;
  try {
    const options = { ...listening(deployment, judged), dryRun: true };
    await kube.create(resourceTypes.deployment, deployment, options);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

async function launch(objects: ClusterObjects, clients: Clients): Promise<undefined> {
  for (const { type, object } of objects.beforeDeployment) await clients.kube.apply(type, object);
  const deployment = await createDeployment(objects.deployment, clients);
  // Without a template of its own there is nothing left to be said of what an earlier one had.
  if ((objects.taskManagers ?? objects.taskManagerTrial) === undefined)
    clients.judged(taskManagerName(objects.deployment.metadata.name));
  return expose(objects, deployment.metadata.uid ?? "", clients);
}

async function createDeployment(deployment: KubeObject, clients: Clients): Promise<KubeObject> {
  try {
    const created = await clients.kube.create(
      resourceTypes.deployment,
      deployment,
      listening(deployment, clients.judged),
    );
    clients.wrote(created);
    return created;
  } catch (error) {
    if (mayExist(error)) await showExisting(deployment, clients);
    throw error;
  }
}

const mayExist = (error: unknown): boolean => isAlreadyExists(error) || isTransient(error);

/** Before the watch tells of it, the next pass would prepare a launch over a cluster that starts already. */
async function showExisting({ metadata }: KubeObject, { kube, wrote }: Clients): Promise<void> {
  const found = await kube
    .get(resourceTypes.deployment, metadata.namespace ?? "", metadata.name)
    .catch(() => undefined);
  // One that is no cluster's is not watched: it would stay in the store for ever, and be taken for a cluster.
  if (found?.metadata.labels?.[COMPONENT_LABEL] === components.jobManager) wrote(found);
}

/** Of what an upgrade would record beside its own status, an upgrade does not depend. */
async function createSnapshot(snapshot: KubeObject, optional: boolean, clients: Clients): Promise<undefined> {
  try {
    clients.wrote(await clients.kube.create(resourceTypes.flinkStateSnapshot, snapshot));
  } catch (error) {
    if (isAlreadyExists(error)) return takeExisting(snapshot, optional, clients);
    if (!optional || isTransient(error)) throw error;
  }
}

/** It is the one that was to be created, unless it is of another kind of resource. */
async function takeExisting(snapshot: KubeObject, optional: boolean, clients: Clients): Promise<undefined> {
  const { kube, wrote, kind } = clients;
  const { namespace = "", name } = snapshot.metadata;
  const found = await kube.get(resourceTypes.flinkStateSnapshot, namespace, name).catch(goneMeanwhile);
  if (found === undefined) return;
  wrote(found);
  const beside = underAnotherName(snapshot, kind.name);
  const isOurs = asFlinkStateSnapshot(found).spec.jobReference?.kind === kind.name;
  if (!isOurs && beside !== undefined) await createSnapshot(beside, optional, clients);
}

function goneMeanwhile(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

async function expose(objects: ClusterObjects, deploymentUid: string, clients: Clients): Promise<undefined> {
  const { kube, wrote } = clients;
  for (const { type, object } of objects.afterDeployment(deploymentUid)) {
    if (type === resourceTypes.deployment) wrote(await createOrPatch(object, clients));
    else await kube.apply(type, object);
  }
}

/**
 * The Deployment of the TaskManagers is created, as it was judged: a server-side apply refuses what a create takes, such
 * as fields that the server does not know. One that is there already is put back to what is asked for.
 */
async function createOrPatch(object: KubeObject, { kube, judged }: Clients): Promise<KubeObject> {
  const { deployment } = resourceTypes;
  const { labels, annotations, name, namespace = "", ownerReferences } = object.metadata;
  try {
    return await kube.create(deployment, object, listening(object, judged));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const patch = { metadata: { labels, annotations, ownerReferences }, spec: object.spec };
    return kube.mergePatch(deployment, namespace, name, patch);
  }
}

/** Notes which fields of a Deployment the API server does not know: it drops them, and says so in warnings alone. */
function listening({ metadata: { name } }: KubeObject, judged: Clients["judged"]): WriteOptions {
  judged(name);
  return {
    onWarning: (text) => {
      if (/^(unknown|duplicate) field /.test(text)) judged(name, text);
    },
  };
}

/** Read anew, not from the store: what is deleted or restored from must be what exists now. */
async function configMapsOf(kube: KubeApi, namespace: string, clusterId: string): Promise<KubeObject[]> {
  const types = Object.values(clusterTypes).join(",");
  const labelSelector = `${APP_LABEL}=${clusterId},${TYPE_LABEL} in (${types}),${COMPONENT_LABEL}!=autoscaler`;
  const { items } = await kube.list(resourceTypes.configMap, { namespace, labelSelector });
  return items;
}

async function deleteConfigMaps(
  kube: KubeApi,
  namespace: string,
  clusterId: string,
  all: boolean,
): Promise<undefined> {
  for (const { metadata } of await configMapsOf(kube, namespace, clusterId)) {
    if (!all && !isHaConfigMap(metadata.name)) continue;
    const precondition = metadata.uid === undefined ? {} : { uid: metadata.uid };
    await kube.delete(resourceTypes.configMap, namespace, metadata.name, precondition);
  }
}

async function prepareHaRestore(kube: KubeApi, namespace: string, clusterId: string): Promise<undefined> {
  const maps = (await configMapsOf(kube, namespace, clusterId)).filter(({ metadata }) =>
    isHaConfigMap(metadata.name),
  );
  if (!hasHaMetadata(maps.map((map) => projectConfigMap(map).facts))) throw new HaMetadataMissing();
  for (const { metadata, data } of maps) {
    const graphs = Object.keys((data as Record<string, string> | undefined) ?? {}).filter(isJobGraphKey);
    if (graphs.length === 0) continue;
    await kube.mergePatch(resourceTypes.configMap, namespace, metadata.name, {
      metadata: { resourceVersion: metadata.resourceVersion },
      data: Object.fromEntries(graphs.map((key) => [key, null])),
    });
  }
}

class HaMetadataMissing extends Error {
  override readonly name = "HaMetadataMissing";
  override readonly message =
    "HA metadata is not available to restore from. It is possible that the job has finished or terminally failed, " +
    "or the configmaps have been deleted. Manual restore required.";
}

function reachable({ endpoint }: Clients): RestEndpoint {
  if (endpoint === undefined) throw new FlinkRestError(0, "refused", "the JobManager has no address");
  return endpoint;
}

function describeFailure(action: Action, error: unknown): ActFailure {
  if (isKubeError(error)) {
    const { status, reason, message } = error;
    return { action, status, reason, message };
  }
  if (error instanceof FlinkRestError)
    return { action, status: error.status, reason: "Error", message: error.message };
  if (error instanceof HaMetadataMissing)
    return { action, status: 404, reason: "RestoreFailed", message: error.message };
  throw error;
}

/** A finalizer that is removed from a resource that is gone already has done its work. */
export const isGone = (failure: ActFailure | undefined): boolean =>
  failure?.action.kind === "remove-finalizer" && failure.status === 404;
