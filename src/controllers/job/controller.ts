import type { Operation, PollPlan, RestEndpoint, Submission } from "../../api/flinkFacts.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { withFirstFrames } from "../../api/stackTrace.ts";
import type { FlinkDeployment, FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { API_VERSION } from "../../api/v1beta1/names.ts";
import { routeFailure } from "../../core/flinkdeployment/ingress.ts";
import type { Action, Decision, EventIntent } from "../../core/job/model/decision.ts";
import type { Facts, FollowedFor, PodLog } from "../../core/job/model/facts.ts";
import type { ResourceKind } from "../../core/job/model/resourceKind.ts";
import { completeStatus } from "../../core/job/status/completeStatus.ts";
import {
  type ActFailure,
  decideFailure,
  isTransientFailure,
  newEvents,
} from "../../core/job/status/failure.ts";
import { knownStatus } from "../../core/job/status/status.ts";
import { withUnknownFields } from "../../core/job/status/unknownFields.ts";
import type { FlinkRest } from "../../flink/api.ts";
import type { Poller } from "../../flink/poller.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isConflict, isNotFound, isTransient } from "../../kube/errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { EventRecorder } from "../../runtime/eventRecorder.ts";
import type { ReconcileResult } from "../../runtime/queue.ts";
import type { Store } from "../../runtime/store.ts";
import { type Logger, resourceLogger } from "../../telemetry/log.ts";
import type { ActResult } from "../actInOrder.ts";
import { createAudit } from "../audit.ts";
import type { Autoscaler, MeasuredAutoscaler, Prepared } from "../autoscaler/autoscaler.ts";
import type { ClusterCapacityReader } from "../autoscaler/clusterCapacity.ts";
import { type ClusterIndex, clusterKey } from "../flinkdeployment/gather.ts";
import type { Routes } from "../flinkdeployment/ingressRoutes.ts";
import type { ProjectedDeployment, ProjectedPod, ProjectedSnapshot } from "../flinkdeployment/project.ts";
import { type Reconciler, UnfinishedReconcile } from "../reconciler.ts";
import { type OnReconcilePart, timedParts } from "../reconcileTiming.ts";
import type { PassRecorder } from "../recording/passRecorder.ts";
import type { GatheredInput } from "../recording/recording.ts";
import { createSentRequests } from "../sentRequests.ts";
import { isSameStored, withoutUndefined } from "../stored.ts";
import { act, type Clients, isAlreadyDeleted } from "./act.ts";
import { createFailedAttempts, type FailedAttempt } from "./failedAttempts.ts";
import { retriesExhaustedEvents, retryDelay } from "./retryDelay.ts";
import { createUnwrittenStatuses } from "./unwrittenStatuses.ts";
import type { Waves } from "./waves.ts";

export interface ControllerOptions {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  readonly poller: Poller;
  readonly recorder: Pick<EventRecorder, "record">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onReconcilePart?: OnReconcilePart | undefined;
  /** Keeps the passes that do something. */
  readonly passes?: Pick<PassRecorder, "config" | "record" | "remove"> | undefined;
  /** For the autoscaler. Absent: it does not look at the free capacity of the cluster. */
  readonly capacity?: ClusterCapacityReader | undefined;
  readonly resources: Pick<Store<KubeObject>, "get" | "observeWrite">;
  readonly deployments: Pick<Store<ProjectedDeployment>, "observeWrite" | "observeDelete">;
  readonly pods: Pick<Store<ProjectedPod, ClusterIndex>, "observeWrite" | "observeDelete">;
  readonly snapshots: Pick<Store<ProjectedSnapshot, ClusterIndex>, "observeWrite" | "observeDelete">;
  /** The waves of disruptions. Absent: nothing waits for one. */
  readonly waves?: Pick<Waves, "factsOf" | "decided" | "settled"> | undefined;
  /** The jar of the gate, in base64. Undefined: this operator was built without it. */
  readonly gate?: string | undefined;
  /** Whether FlinkStateSnapshots are available in this namespace. Absent: yes. */
  hasSnapshots?(namespace: string): boolean;
  /** Numbers from 0 to less than 1, for jitter. */
  readonly random?: () => number;
}

/** A reconciler of a kind with a job. */
export interface JobController extends Reconciler {
  /** Whether we have done all that its deletion needs, and removed our finalizer. The store may still hold the resource. */
  wasReleased(resource: Pick<KubeObject, "metadata">): boolean;
  /** For the metrics. */
  autoscaled(): Iterable<MeasuredAutoscaler>;
}

/**
 * How many of the last lines of a log are read to find the cause of a problem, and how many of them are kept, without the frames
 * of stack traces. Flink prints one exception several times as it goes down, with hundreds of frames.
 */
const LOG_LINES = { read: 1_000, kept: 200 };

const endOfLog = (text: string): string =>
  withFirstFrames(text).split("\n").slice(-LOG_LINES.kept).join("\n");

/** How old the copy of a running container's log may be, in milliseconds. */
const LIVE_LOG_MS = 8_000;

/** How long an independent action that was refused is not tried again, in milliseconds. */
const REFUSED_MS = 10_000;

/** The facts that the controller itself keeps for each resource, besides the stores and the poller's facts. */
export type ControllerFacts = Pick<Facts, "podLog" | "operations" | "requests" | "snapshotKind" | "wave">;

/** The parts of a controller that differ between FlinkDeployments and FlinkSessionJobs. */
export interface KindAdapter {
  readonly kind: ResourceKind;
  /** The poller's key for the resource. */
  pollKey(namespace: string, name: string): string;
  /** The same for its other cluster, of a kind that may have one. */
  otherPollKey?(namespace: string, name: string): string;
  readonly autoscaler: Autoscaler;
  /** `decisions`: of the autoscaler, which are in the spec of the resource. */
  gather(resource: FlinkDeployment, controllerFacts: ControllerFacts, decisions: string): GatheredInput;
  decide(input: GatheredInput): Decision;
  /** The stored object as the resource that `decide` takes. */
  fromStore(found: KubeObject): FlinkDeployment;
  /** The fields of a status that are written. */
  toStoredStatus(status: FlinkDeploymentStatus): object;
  submit?(namespace: string, name: string, at: RestEndpoint, submission: Submission): void;
  fetchJar?(namespace: string, name: string, submission: Submission): void;
  /** Session jobs only: as in Clients.checkScript. */
  checkScript?(namespace: string, name: string, at: RestEndpoint, submission: Submission): void;
  readonly routes?: Routes | undefined;
  remove(namespace: string, name: string): void;
  /** How many entries the kind's own parts keep for resources. */
  readonly size: number;
}

interface Decided {
  readonly input: GatheredInput;
  readonly decision: Decision;
}

export function createController(options: ControllerOptions, adapter: KindAdapter): JobController {
  const { kube, flink, poller, recorder, clock, log, resources, deployments, pods, snapshots } = options;
  const { random = Math.random } = options;
  const { kind, toStoredStatus } = adapter;
  const timed = timedParts(kind.type.kind, options.onReconcilePart);
  const audit = createAudit(log, kind.type.kind);
  const podLogs = new Map<string, PodLog>();
  /** Disposals that were requested from Flink in the running reconcile and that the poller does not follow yet. */
  const requestedDisposals = new Map<string, Operation>();
  /** The other clusters that are polled. */
  const others = new Set<string>();
  const requests = createSentRequests();
  const failures = createFailedAttempts(clock);
  const unwritten = createUnwrittenStatuses(clock);
  /** Independent actions that the API server has refused, as JSON, with the time in milliseconds. */
  const refused = new Map<string, { actions: string; at: number; failure: ActFailure }>();
  /**
   * Uids of deleted resources whose finalizer we removed. Nothing is written to them any more. The store still holds them: the
   * response to the removal of the last finalizer has no newer version, and a foreground deletion ends later.
   */
  const released = new Map<string, string | undefined>();

  /** The name under which the poller follows an operation for a resource. */
  const ownerOf = (key: string, what: FollowedFor): string => `${kind.type.kind}/${key}/${what}`;

  const logOf = ({ metadata }: KubeObject) =>
    resourceLogger(log, kind.type.kind, metadata.namespace ?? "", metadata.name);

  const decideNow = ({ resource, decisions }: Prepared): Decided => {
    const { namespace = "", name } = resource.metadata;
    const key = clusterKey(namespace, name);
    const operations = {
      checkpoint: poller.followed(ownerOf(key, "checkpoint")),
      rescale: poller.followed(ownerOf(key, "rescale")),
      disposal: poller.followed(ownerOf(key, "disposal")),
    };
    const snapshotKind = options.hasSnapshots?.(namespace) ?? true;
    const podLog = podLogs.get(key);
    const wave = options.waves?.factsOf(kind.type.kind, namespace, name);
    const known = { podLog, operations, requests: requests.of(key), snapshotKind, ...(wave && { wave }) };
    return timed.decide(() => {
      const input = adapter.gather(resource, known, decisions);
      const decision = adapter.decide(input);
      options.waves?.decided(kind.type.kind, namespace, name, decision);
      return { input, decision };
    });
  };

  /** Reads the end of a container's log. Returns true if it was read now, so that the decision must be made again. */
  async function readLog(key: string, namespace: string, wanted: Decision["logRequest"]): Promise<boolean> {
    if (wanted === undefined) return false;
    const { pod, container, restartCount } = wanted;
    const known = podLogs.get(key);
    const isKnown = known?.pod === pod && known.restartCount === restartCount;
    const ended = restartCount !== undefined;
    if (isKnown && (ended || clock.now() - known.at < LIVE_LOG_MS)) return false;
    const text = await kube
      .podLog(namespace, pod, { container, previous: ended, tailLines: LOG_LINES.read })
      .then(endOfLog)
      .catch((error: unknown) => (isKnown ? known.text : isTransient(error) ? undefined : ""));
    // A transient error: the log is read when the API server is available again.
    if (text === undefined) return false;
    podLogs.set(key, { ...wanted, at: clock.now(), text });
    return true;
  }

  async function reconcile(stored: KubeObject, namespace: string, name: string): Promise<ReconcileResult> {
    const key = clusterKey(namespace, name);
    const resource = adapter.fromStore(unwritten.applyTo(key, stored));
    const prepared = await adapter.autoscaler.prepare(resource);
    let decided = decideNow(prepared);
    if (await readLog(key, namespace, decided.decision.logRequest)) decided = decideNow(prepared);
    const { input, decision } = decided;
    adapter.autoscaler.collect(prepared, decision.status);
    const config = options.passes?.config();
    const keep = (failure?: string) =>
      options.passes?.record(kind.type.kind, input, decision, failure, config);
    const pollKey = adapter.pollKey(namespace, name);
    planOther(namespace, name, decision.pollOther);
    const fieldChecks = new Map<string, readonly string[]>();
    const refusal = failures.pending(key, resource, decision.actions);
    const acted =
      refusal === undefined
        ? await perform(resource, decision.actions, decision, pollKey, fieldChecks)
        : { resource, failure: refusal.failure };
    const { actions: independentActions } = (acted.failure === undefined ? decision : decision.observed)
      .independent;
    const independent = await performIndependent(key, independentActions, () =>
      perform(acted.resource, independentActions, decision, pollKey, fieldChecks),
    );
    follow(namespace, name, { ...decision.follow, ...disposalOf(pollKey) });
    if (acted.failure === undefined) {
      failures.remove(key);
      if (decision.actions.some((action) => action.kind === "remove-finalizer")) {
        released.set(key, resource.metadata.uid);
        unwritten.remove(key);
        poller.plan(pollKey, undefined);
        planOther(namespace, name, undefined);
        record(resource, decision.events);
        keep();
        return {};
      }
      const outcome = withIndependentActions(resource, decision, independent.failure);
      const { status, events: fieldEvents } = withUnknownFields(outcome.status, fieldChecks);
      const events = [...outcome.events, ...fieldEvents];
      const hasLaunched = decision.actions.length > 0;
      const mayWait = independent.failure === undefined && fieldEvents.length === 0 && !prepared.isReset;
      const delayMs = mayWait ? decision.statusDelayMs : 0;
      const waitsMs = isStored(stored, status)
        ? 0
        : unwritten.wait(key, stored, delayMs, hasLaunched ? toStoredStatus(status) : undefined);
      if (waitsMs > 0) {
        poller.plan(pollKey, decision.poll);
        if (hasLaunched) {
          record(resource, events);
          keep();
        }
        return { requeueAfterMs: Math.min(waitsMs, decision.requeueAfterMs ?? waitsMs) };
      }
      const written = await writeStatus(acted.resource, stored, status);
      // Without a response, the status may be stored. The next reconcile finds out.
      if (written) options.waves?.settled(kind.type.kind, namespace, name);
      poller.plan(pollKey, written ? decision.poll : decision.observed.poll);
      if (hasLaunched || written !== "same") keep(independent.failure?.message);
      if (!written) throw new UnfinishedReconcile("status");
      record(resource, events);
      if (independent.failure !== undefined && isTransientFailure(independent.failure))
        throw new UnfinishedReconcile(independent.failure.action.kind);
      if (decision.actions.length === 0 && written === "same") audit.idle(namespace, name, status);
      return { requeueAfterMs: decision.requeueAfterMs };
    }
    options.waves?.settled(kind.type.kind, namespace, name);
    poller.plan(pollKey, decision.observed.poll);
    if (refusal !== undefined) return writeFailure(acted.resource, stored, resource, decision, refusal);
    keep(acted.failure.message);
    return failed(acted.resource, stored, resource, decision, acted.failure);
  }

  /** What is refused is not asked for again in each reconcile that anything else leads to. */
  async function performIndependent(
    key: string,
    actions: readonly Action[],
    attempt: () => Promise<ActResult<ActFailure>>,
  ): Promise<{ readonly failure: ActFailure | undefined }> {
    const wanted = JSON.stringify(actions);
    const known = refused.get(key);
    if (known?.actions === wanted && clock.now() - known.at < REFUSED_MS) return known;
    const { failure } = await attempt();
    if (failure === undefined || isTransientFailure(failure)) refused.delete(key);
    else refused.set(key, { actions: wanted, at: clock.now(), failure });
    return { failure };
  }

  const isStored = (stored: KubeObject, status: FlinkDeploymentStatus): boolean =>
    isSameStored(toStoredStatus(status), toStoredStatus(knownStatus(adapter.fromStore(stored).status)));

  /** The status and events of a reconcile whose main actions succeeded. A transient failure is not reported. */
  function withIndependentActions(
    resource: FlinkDeployment,
    { status, events, desired, independent }: Decision,
    failure: ActFailure | undefined,
  ): Pick<Decision, "status" | "events"> {
    if (failure === undefined) return { status, events: [...events, ...independent.events] };
    const { action, message } = failure;
    logOf(resource).warn({ action: action.kind, status: failure.status, message }, "an action failed");
    if (isTransientFailure(failure)) return { status, events };
    const failed = routeFailure(status, failure);
    const reported = completeStatus(failed.status, desired, clock.now());
    return {
      status: reported,
      events: newEvents(knownStatus(resource.status), reported, [...events, ...failed.events]),
    };
  }

  /** The disposal that this reconcile requested. */
  function disposalOf(pollKey: string): { readonly disposal?: Operation } {
    const disposal = requestedDisposals.get(pollKey);
    requestedDisposals.delete(pollKey);
    return disposal === undefined ? {} : { disposal };
  }

  function follow(namespace: string, name: string, operations: NonNullable<Decision["follow"]>): void {
    const owner = clusterKey(namespace, name);
    for (const what of followedFor)
      poller.follow(adapter.pollKey(namespace, name), ownerOf(owner, what), operations[what]);
  }

  function planOther(namespace: string, name: string, plan: PollPlan | undefined): void {
    const key = adapter.otherPollKey?.(namespace, name);
    if (key === undefined || (plan === undefined && !others.has(key))) return;
    if (plan === undefined) others.delete(key);
    else others.add(key);
    poller.plan(key, plan);
  }

  function perform(
    resource: KubeObject,
    actions: readonly Action[],
    decision: Decision,
    pollKey: string,
    fieldChecks: Map<string, readonly string[]>,
  ): Promise<ActResult<ActFailure>> {
    const { namespace = "", name } = resource.metadata;
    const key = clusterKey(namespace, name);
    const clients: Clients = {
      kube,
      flink,
      kind,
      endpoint: endpointOf(decision.poll),
      gate: options.gate,
      routes: adapter.routes,
      submit: (at, submission) => adapter.submit?.(namespace, name, at, submission),
      fetchJar: (submission) => adapter.fetchJar?.(namespace, name, submission),
      checkScript: (at, submission) => adapter.checkScript?.(namespace, name, at, submission),
      observeWrite,
      observeDelete: (...deleted) => deployments.observeDelete(...deleted),
      observePodDelete: (...deleted) => pods.observeDelete(...deleted),
      observeSnapshotDelete: (...deleted) => snapshots.observeDelete(...deleted),
      onDisposal: (operation) => requestedDisposals.set(pollKey, operation),
      beforeTrigger: (triggerId) => requests.sent(key, triggerId),
      onCheckRefused: (check) => requests.refusedCheck(key, check),
      onGateOpened: (uid) => requests.openedGate(key, uid),
      onCancel: (jobId) => requests.cancelled(key, jobId, clock.now()),
      onFieldCheck: (deployment, unknownField) => {
        const unknown =
          unknownField === undefined ? [] : [...(fieldChecks.get(deployment) ?? []), unknownField];
        fieldChecks.set(deployment, unknown);
      },
      onFlinkRequest: () => poller.pollNow(pollKey),
    };
    return timed.act(actions, () => act(actions, resource, clients));
  }

  function observeWrite(object: KubeObject): void {
    if (object.kind === resourceTypes.deployment.kind) deployments.observeWrite(object);
    else if (object.kind === resourceTypes.pod.kind) pods.observeWrite(object);
    else if (object.kind === resourceTypes.flinkStateSnapshot.kind) snapshots.observeWrite(object);
    else resources.observeWrite(object);
  }

  async function failed(
    current: KubeObject,
    stored: KubeObject,
    resource: FlinkDeployment,
    decision: Decision,
    failure: ActFailure,
  ): Promise<ReconcileResult> {
    // The watch has not delivered the deletion yet.
    if (isAlreadyDeleted(failure)) return {};
    const { action, status, reason, message } = failure;
    logOf(resource).warn({ action: action.kind, status, reason, message }, "an action failed");
    const key = clusterKey(resource.metadata.namespace ?? "", resource.metadata.name);
    const times = failures.count(key, resource, knownStatus(resource.status).retry?.failures ?? 0);
    // A transient failure is requeued with the queue's back-off and is not reported.
    const isReported = decideFailure(decision.observed.status, failure, times).status !== undefined;
    const { retry } = decision;
    if (!isReported || retry === undefined)
      return writeFailure(current, stored, resource, decision, { failure, times });
    const attempt = { failure, times, nextAt: clock.now() + retryDelay(retry, times, random) };
    failures.defer(key, resource, decision.actions, attempt);
    const exhausted = retriesExhaustedEvents(retry, times);
    return writeFailure(current, stored, resource, decision, attempt, exhausted);
  }

  /** Writes the observed status with the failure of the last attempt, which may be an earlier reconcile's. */
  async function writeFailure(
    current: KubeObject,
    stored: KubeObject,
    resource: FlinkDeployment,
    { observed, desired }: Decision,
    { failure, times, nextAt }: FailedAttempt,
    exhausted: readonly EventIntent[] = [],
  ): Promise<ReconcileResult> {
    const outcome = decideFailure(observed.status, failure, times);
    const retry = nextAt && { retry: { failures: times, nextTime: new Date(nextAt).toISOString() } };
    const now = clock.now();
    const next = completeStatus({ ...observed.status, ...outcome.status, ...retry }, desired, now);
    const events = [...observed.events, ...(outcome.events ?? []), ...exhausted];
    const written = await writeStatus(current, stored, next);
    if (written) record(resource, newEvents(knownStatus(resource.status), next, events));
    if (nextAt === undefined || !written) throw new UnfinishedReconcile(failure.action.kind);
    return { requeueAfterMs: nextAt - now };
  }

  /** Resolves to false if the resource has changed meanwhile: the watch delivers the newer version. */
  async function writeStatus(
    current: KubeObject,
    stored: KubeObject,
    status: FlinkDeploymentStatus,
  ): Promise<"same" | "written" | false> {
    const { namespace = "", name } = current.metadata;
    const key = clusterKey(namespace, name);
    const isSame = isStored(stored, status);
    if (isSame) {
      unwritten.remove(key);
      return "same";
    }
    try {
      const answer = await kube.replaceStatus(kind.type, {
        ...current,
        status: withoutUndefined(toStoredStatus(status)),
      });
      resources.observeWrite(answer);
      unwritten.remove(key);
      const before = triggerIdsOf(knownStatus(adapter.fromStore(stored).status));
      requests.intended(key, triggerIdsOf(status), before);
      if (status.rescale !== undefined)
        requests.rescaleStored(key, knownStatus(adapter.fromStore(answer).status).rescale !== undefined);
      if (status.autoscaler !== undefined)
        adapter.autoscaler.explanationStored(
          current,
          knownStatus(adapter.fromStore(answer).status).autoscaler !== undefined,
        );
      if (status.warmUpgrade !== undefined) {
        const stored = knownStatus(adapter.fromStore(answer).status);
        requests.warmUpgradeStored(key, stored.warmUpgrade !== undefined);
      }
      audit.status(namespace, name, status);
      return "written";
    } catch (error) {
      if (isNotFound(error)) return "written";
      if (isConflict(error)) return false;
      logOf(current).warn({ error }, "the status could not be written");
      return false;
    }
  }

  function record(resource: FlinkDeployment, events: readonly EventIntent[]): void {
    const about = { ...resource, apiVersion: API_VERSION, kind: kind.type.kind };
    // In the background: a reconcile does not wait for events, and the recorder reports its own errors.
    for (const event of events) {
      audit.event(resource.metadata.namespace ?? "", resource.metadata.name, event);
      void recorder.record(about, event);
    }
  }

  const wasReleased = ({ metadata }: Pick<KubeObject, "metadata">): boolean => {
    const key = clusterKey(metadata.namespace ?? "", metadata.name);
    return released.has(key) && released.get(key) === metadata.uid;
  };

  return {
    wasReleased,
    autoscaled: () => adapter.autoscaler.measured(),
    get size() {
      const own = [
        podLogs,
        requestedDisposals,
        requests,
        failures,
        released,
        unwritten,
        refused,
        audit,
        others,
        adapter,
      ];
      return own.reduce((sum, { size }) => sum + size, 0);
    },
    async reconcile(namespace, name) {
      const found = resources.get(namespace, name);
      const key = clusterKey(namespace, name);
      if (found === undefined) {
        poller.plan(adapter.pollKey(namespace, name), undefined);
        planOther(namespace, name, undefined);
        follow(namespace, name, {});
        podLogs.delete(key);
        failures.remove(key);
        released.delete(key);
        requests.remove(key);
        unwritten.remove(key);
        refused.delete(key);
        adapter.remove(namespace, name);
        options.passes?.remove(kind.type.kind, namespace, name);
        audit.remove(namespace, name);
        return {};
      }
      if (wasReleased(found)) return {};
      return reconcile(found, namespace, name);
    },
  };
}

const followedFor: readonly FollowedFor[] = ["checkpoint", "rescale", "disposal"];

const triggerIdsOf = ({ jobStatus, rescale }: FlinkDeploymentStatus): string[] =>
  [jobStatus?.savepointInfo?.triggerId, jobStatus?.checkpointInfo?.triggerId, rescale?.triggerId].filter(
    (id) => id !== undefined,
  );

const endpointOf = (plan: PollPlan | undefined) => plan?.endpoint;
