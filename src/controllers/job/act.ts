import type { Operation, RestEndpoint, Submission } from "../../api/flinkFacts.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkStateSnapshot } from "../../api/v1beta1/flinkstatesnapshot.ts";
import { COMPONENT_LABEL, components, taskManagerName } from "../../api/v1beta1/names.ts";
import { GATE_JAR } from "../../config/gate.ts";
import type { ClusterObjects } from "../../core/build/cluster.ts";
import { routeTypes } from "../../core/build/ingress.ts";
import type { SqlCheckObjects } from "../../core/build/sqlCheck.ts";
import { underAnotherName } from "../../core/flinkstatesnapshot/build.ts";
import type { Action } from "../../core/job/model/decision.ts";
import type { ResourceKind } from "../../core/job/model/resourceKind.ts";
import type { ActFailure } from "../../core/job/status/failure.ts";
import { type FlinkRest, FlinkRestError } from "../../flink/api.ts";
import type { KubeApi, WriteOptions } from "../../kube/api.ts";
import { isAlreadyExists, isConflict, isKubeError, isNotFound, isTransient } from "../../kube/errors.ts";
import { type ActResult, actInOrder } from "../actInOrder.ts";
import type { Routes } from "../flinkdeployment/ingressRoutes.ts";
import { removeFinalizer } from "../removeFinalizer.ts";
import { deleteConfigMaps, HaMetadataMissing, prepareHaRestore, releaseHaLease } from "./haConfigMaps.ts";

/** The clients and callbacks that the actions of one reconcile use. */
export interface Clients {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  readonly endpoint: RestEndpoint | undefined;
  /** The jar of the gate, in base64. */
  readonly gate?: string | undefined;
  readonly kind: ResourceKind;
  readonly routes?: Routes | undefined;
  /** Starts a job submission in the background. */
  submit?(at: RestEndpoint, submission: Submission): void;
  /** Starts to fetch the jars in the background, to find out whether they are available. */
  fetchJar?(submission: Submission): void;
  checkScript?(at: RestEndpoint, submission: Submission): void;
  /** Called with the response to each write of an object that a store holds. */
  observeWrite(object: KubeObject): void;
  observeDelete(namespace: string, name: string, uid: string): void;
  observePodDelete(namespace: string, name: string, uid: string): void;
  observeSnapshotDelete(namespace: string, name: string, uid: string): void;
  /** Called with a started savepoint disposal, whose result is polled from now on. */
  onDisposal(operation: Operation): void;
  /** Called before a trigger is sent: from then on the JobManager may know its id. */
  beforeTrigger(triggerId: string): void;
  /** Called instead of a failure: it is the result of the check, and nothing else waits for that. */
  onCheckRefused(check: { readonly name: string; readonly message: string }): void;
  /** Called after the word that opens the gate of a Deployment was written. */
  onGateOpened(uid: string): void;
  /** Called after the JobManager's response to a cancel of the job. */
  onCancel(jobId: string): void;
  /**
   * Called before each request to create a Deployment, dry runs included, and for TaskManagers that need no such request.
   * Called again with `unknownField` for each field that the API server does not know.
   */
  onFieldCheck(deployment: string, unknownField?: string): void;
  /** Called after a request that changes a job: the JobManager is to be polled soon. */
  onFlinkRequest(): void;
}

/** Performs the actions in order and stops at the first that fails. */
export const act = (
  actions: readonly Action[],
  resource: KubeObject,
  clients: Clients,
): Promise<ActResult<ActFailure>> =>
  actInOrder(actions, resource, (action, current) => perform(action, current, clients), describeFailure);

/** Resolves to the resource if the action changed it. */
async function perform(
  action: Action,
  resource: KubeObject,
  clients: Clients,
): Promise<KubeObject | undefined> {
  const { kube, flink, kind } = clients;
  const namespace = resource.metadata.namespace ?? "";
  switch (action.kind) {
    case "add-finalizer":
      return addFinalizer(resource, clients);
    case "remove-finalizer": {
      const written = await removeFinalizer(kube, kind.type, resource, kind.finalizer);
      if (written !== undefined) clients.observeWrite(written);
      return written;
    }
    case "dry-run":
      if (action.only === undefined) await dryRun(action.objects.deployment, clients);
      await dryRun(action.objects.taskManagers, clients);
      await dryRun(action.objects.taskManagerTrial, clients);
      return undefined;
    case "launch":
      return launch(action.objects, clients);
    case "launch-standby":
      return launchStandby(action.objects, clients);
    case "open-gate":
      return openGate(namespace, action, clients);
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
      clients.observeDelete(namespace, action.name, action.uid);
      return undefined;
    case "delete-config-maps":
      return deleteConfigMaps(kube, namespace, action.clusterId, action.all);
    case "prepare-ha-restore":
      return prepareHaRestore(kube, namespace, action.clusterId);
    case "release-ha-lease":
      return releaseHaLease(kube, namespace, action);
    case "start-sql-check":
      return startSqlCheck(action.objects, clients);
    case "delete-sql-check":
      return deleteSqlCheck(namespace, action, clients);
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
      clients.observeSnapshotDelete(namespace, action.name, action.uid);
      return undefined;
    case "trigger-savepoint": {
      const { jobId, kind: _, ...request } = action;
      clients.beforeTrigger(action.triggerId);
      await flink.triggerSavepoint(requireEndpoint(clients), jobId, request);
      clients.onFlinkRequest();
      return undefined;
    }
    case "trigger-checkpoint": {
      const { jobId, kind: _, ...request } = action;
      clients.beforeTrigger(action.triggerId);
      await flink.triggerCheckpoint(requireEndpoint(clients), jobId, request);
      clients.onFlinkRequest();
      return undefined;
    }
    case "rescale":
      await flink.updateResourceRequirements(requireEndpoint(clients), action.jobId, action.requirements);
      clients.onFlinkRequest();
      return undefined;
    case "dispose-savepoint": {
      const triggerId = await flink.disposeSavepoint(requireEndpoint(clients), action.path);
      clients.onDisposal({ kind: "disposal", triggerId, path: action.path });
      return undefined;
    }
    case "cancel":
      await flink.cancel(requireEndpoint(clients), action.jobId);
      clients.onCancel(action.jobId);
      clients.onFlinkRequest();
      return undefined;
    case "submit":
      clients.submit?.(requireEndpoint(clients), action.submission);
      return undefined;
    case "fetch-jar":
      clients.fetchJar?.(action.submission);
      return undefined;
    case "check-script":
      clients.checkScript?.(requireEndpoint(clients), action.submission);
      return undefined;
    case "stop-with-savepoint": {
      const { jobId, kind: _, ...request } = action;
      clients.beforeTrigger(action.triggerId);
      await flink.stopWithSavepoint(requireEndpoint(clients), jobId, request);
      clients.onFlinkRequest();
      return undefined;
    }
  }
}

async function scale(
  namespace: string,
  { name, uid, replicas }: { readonly name: string; readonly uid: string; readonly replicas: number },
  { kube, observeWrite }: Clients,
): Promise<undefined> {
  const patch = { metadata: { uid }, spec: { replicas } };
  observeWrite(await kube.mergePatch(resourceTypes.deployment, namespace, name, patch));
}

/** Writes the labels of the kind along with its finalizer. */
async function addFinalizer(
  resource: KubeObject,
  { kube, observeWrite, kind }: Clients,
): Promise<KubeObject | undefined> {
  const { namespace = "", name, resourceVersion, labels, finalizers = [] } = resource.metadata;
  const missing = Object.entries(kind.labelsOf(resource)).filter(
    ([label, value]) => labels?.[label] !== value,
  );
  if (finalizers.includes(kind.finalizer) && missing.length === 0) return undefined;
  const patch = {
    metadata: {
      finalizers: [...finalizers.filter((each) => each !== kind.finalizer), kind.finalizer],
      resourceVersion,
      ...(missing.length === 0 ? {} : { labels: Object.fromEntries(missing) }),
    },
  };
  const written = await kube.mergePatch(kind.type, namespace, name, patch);
  observeWrite(written);
  return written;
}

/**
 * The API server validates the Deployment as if it were created. It checks last whether the name is taken, so
 * AlreadyExists means that the new Deployment is valid.
 */
async function dryRun(deployment: KubeObject | undefined, clients: Clients): Promise<void> {
  if (deployment === undefined) return;
  try {
    const options = { ...withFieldCheck(deployment, clients), dryRun: true };
    await clients.kube.create(resourceTypes.deployment, deployment, options);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

async function launch(objects: ClusterObjects, clients: Clients): Promise<undefined> {
  for (const { type, object } of objects.beforeDeployment) await clients.kube.apply(type, object);
  const deployment = await createDeployment(objects.deployment, clients);
  // TaskManagers without their own template have no unknown fields any more.
  if ((objects.taskManagers ?? objects.taskManagerTrial) === undefined)
    clients.onFieldCheck(taskManagerName(objects.deployment.metadata.name));
  return expose(objects, deployment.metadata.uid ?? "", clients);
}

async function launchStandby(objects: ClusterObjects, clients: Clients): Promise<undefined> {
  const jar = objects.gate?.jar;
  if (jar !== undefined)
    await clients.kube.apply(resourceTypes.configMap, { ...jar, binaryData: { [GATE_JAR]: clients.gate } });
  for (const { type, object } of objects.beforeDeployment) await clients.kube.apply(type, object);
  await createDeployment(objects.deployment, clients);
}

/** The label first: a JobManager that may have a job is never taken for a standby, whatever becomes of the status. */
async function openGate(
  namespace: string,
  { name, uid, word }: Action & { kind: "open-gate" },
  { kube, observeWrite, onGateOpened }: Clients,
): Promise<undefined> {
  const labels = { [COMPONENT_LABEL]: components.jobManager };
  observeWrite(
    await kube.mergePatch(resourceTypes.deployment, namespace, name, { metadata: { uid, labels } }),
  );
  await kube.apply(resourceTypes.configMap, word);
  onGateOpened(uid);
}

/** The pod waits for its ConfigMap, so that comes first. */
async function startSqlCheck({ configMap, pod }: SqlCheckObjects, clients: Clients): Promise<undefined> {
  try {
    await clients.kube.apply(resourceTypes.configMap, configMap);
    clients.observeWrite(await clients.kube.create(resourceTypes.pod, pod));
  } catch (error) {
    // The watch shows it soon.
    if (isAlreadyExists(error)) return;
    // A quota refuses with a conflict while somebody else counts against it: the next attempt succeeds.
    if (!isKubeError(error) || isTransient(error) || isConflict(error)) throw error;
    clients.onCheckRefused({ name: pod.metadata.name, message: error.message });
  }
}

/** The pod last: as long as it is seen, the deletion is repeated. */
async function deleteSqlCheck(
  namespace: string,
  { name, uid }: { readonly name: string; readonly uid: string | undefined },
  { kube, observePodDelete }: Clients,
): Promise<undefined> {
  await kube.delete(resourceTypes.configMap, namespace, name);
  await kube.delete(resourceTypes.pod, namespace, name, uid === undefined ? {} : { uid });
  if (uid !== undefined) observePodDelete(namespace, name, uid);
}

async function createDeployment(deployment: KubeObject, clients: Clients): Promise<KubeObject> {
  try {
    const created = await clients.kube.create(
      resourceTypes.deployment,
      deployment,
      withFieldCheck(deployment, clients),
    );
    clients.observeWrite(created);
    return created;
  } catch (error) {
    if (mayExist(error)) await observeExisting(deployment, clients);
    throw error;
  }
}

const mayExist = (error: unknown): boolean => isAlreadyExists(error) || isTransient(error);

/** Without this, the next reconcile may run before the watch event and launch over a cluster that already starts. */
async function observeExisting({ metadata }: KubeObject, { kube, observeWrite }: Clients): Promise<void> {
  const found = await kube
    .get(resourceTypes.deployment, metadata.namespace ?? "", metadata.name)
    .catch(() => undefined);
  // A Deployment without the label is not watched: it would stay in the store for ever and count as a cluster.
  const component = found?.metadata.labels?.[COMPONENT_LABEL];
  if (found !== undefined && (component === components.jobManager || component === components.standby))
    observeWrite(found);
}

/** `optional`: an upgrade records its savepoint as a resource, too, but must not fail if that fails. */
async function createSnapshot(snapshot: KubeObject, optional: boolean, clients: Clients): Promise<undefined> {
  try {
    clients.observeWrite(await clients.kube.create(resourceTypes.flinkStateSnapshot, snapshot));
  } catch (error) {
    if (isAlreadyExists(error)) return adoptExisting(snapshot, optional, clients);
    // A quota refuses with a conflict while somebody else counts against it: the next attempt succeeds.
    if (!optional || isTransient(error) || isConflict(error)) throw error;
  }
}

/** The existing snapshot is the requested one, unless it belongs to a job of the other kind. */
async function adoptExisting(snapshot: KubeObject, optional: boolean, clients: Clients): Promise<undefined> {
  const { kube, observeWrite, kind } = clients;
  const { namespace = "", name } = snapshot.metadata;
  const found = await kube.get(resourceTypes.flinkStateSnapshot, namespace, name).catch(undefinedIfNotFound);
  if (found === undefined) return;
  observeWrite(found);
  const renamed = underAnotherName(snapshot, kind.name);
  const isOurs = asFlinkStateSnapshot(found).spec.jobReference?.kind === kind.name;
  if (!isOurs && renamed !== undefined) await createSnapshot(renamed, optional, clients);
}

function undefinedIfNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

async function expose(objects: ClusterObjects, deploymentUid: string, clients: Clients): Promise<undefined> {
  for (const { type, object } of objects.afterDeployment(deploymentUid)) {
    if (type === resourceTypes.deployment) clients.observeWrite(await createOrPatch(object, clients));
    else await clients.kube.apply(type, object);
  }
  const { namespace = "" } = objects.deployment.metadata;
  for (const name of objects.unusedConfigMaps ?? [])
    await clients.kube.delete(resourceTypes.configMap, namespace, name);
}

/**
 * Creates the Deployment of the TaskManagers, with the same request as the dry run: a server-side apply refuses objects that
 * a create accepts, such as one with unknown fields. An existing Deployment is patched to the desired state.
 */
async function createOrPatch(object: KubeObject, clients: Clients): Promise<KubeObject> {
  const { deployment } = resourceTypes;
  const { labels, annotations, name, namespace = "", ownerReferences } = object.metadata;
  try {
    return await clients.kube.create(deployment, object, withFieldCheck(object, clients));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    const patch = { metadata: { labels, annotations, ownerReferences }, spec: object.spec };
    return clients.kube.mergePatch(deployment, namespace, name, patch);
  }
}

/** Reports the unknown fields of a Deployment. The API server drops them and reports them only in warnings. */
function withFieldCheck({ metadata: { name } }: KubeObject, { onFieldCheck }: Clients): WriteOptions {
  onFieldCheck(name);
  return {
    onWarning: (text) => {
      if (/^(unknown|duplicate) field /.test(text)) onFieldCheck(name, text);
    },
  };
}

function requireEndpoint({ endpoint }: Clients): RestEndpoint {
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

/** Whether the removal of the finalizer failed because the resource no longer exists, which is the goal. */
export const isAlreadyDeleted = (failure: ActFailure | undefined): boolean =>
  failure?.action.kind === "remove-finalizer" && failure.status === 404;
