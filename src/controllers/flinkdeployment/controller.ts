import type { Operation, PollPlan, RestEndpoint, Submission } from "../../api/flinkFacts.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  type FlinkDeploymentStatus,
} from "../../api/v1beta1/flinkdeployment.ts";
import { API_VERSION } from "../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { decideFlinkDeployment } from "../../core/flinkdeployment/decide.ts";
import { routeFailure } from "../../core/flinkdeployment/ingress.ts";
import type { Action, Decision, EventIntent } from "../../core/job/model/decision.ts";
import type { Facts, FollowedFor, PodLog, SessionJobFacts } from "../../core/job/model/facts.ts";
import { flinkDeploymentKind, type ResourceKind } from "../../core/job/model/resourceKind.ts";
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
import type { Acted } from "../actInOrder.ts";
import { type OnReconcilePart, timedParts } from "../reconcileTiming.ts";
import { isDeleting, isSameStored, plain } from "../stored.ts";
import { act, type Clients, isGone } from "./act.ts";
import { createAudit } from "./audit.ts";
import { createConfigurations } from "./configure.ts";
import { type ClusterIndex, type ClusterStores, clusterKey, gather, type RestAccess } from "./gather.ts";
import type { ProjectedDeployment, ProjectedSnapshot } from "./project.ts";
import { restBegins, retryPause } from "./retryDelay.ts";
import type { Routes } from "./routes.ts";

export interface ControllerOptions {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  readonly poller: Poller;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onPassPart?: OnReconcilePart | undefined;
  readonly resources: Pick<Store<KubeObject>, "get" | "observeWrite">;
  readonly deployments: Pick<Store<ProjectedDeployment>, "observeWrite" | "observeDelete">;
  readonly snapshots: Pick<Store<ProjectedSnapshot, ClusterIndex>, "observeWrite" | "observeDelete">;
  /** Whether this namespace can hold FlinkStateSnapshots; absent: yes. */
  hasSnapshots?(namespace: string): boolean;
  /** Numbers from 0 to less than 1, for jitter. */
  readonly random?: () => number;
}

export interface DeploymentControllerOptions extends ControllerOptions {
  readonly restAccess: RestAccess;
  /** The operator's own configuration, as it is now. */
  operatorConfig(): FlinkConfig;
  /** Logging configurations by name, for resources that bring none. */
  readonly logFiles: Readonly<Record<string, string>>;
  readonly stores: ClusterStores;
  /** Absent: nobody looks after what spec.ingress asks for. */
  readonly routes?: Routes;
  /** The FlinkSessionJobs that name a session cluster. */
  sessionJobsOf(namespace: string, name: string): readonly SessionJobFacts[];
}

export interface Controller {
  /**
   * One pass. Rejects where something failed that may pass soon: the queue's back-off brings it again. What is told in the
   * status comes back by the resource's own.
   */
  reconcile(namespace: string, name: string): Promise<ReconcileResult>;
}

/** Of resources that others look at, too. */
export interface JobController extends Controller {
  /** Whether its last finalizer was removed, although the store may show it still. */
  hasLeft(resource: Pick<KubeObject, "metadata">): boolean;
}

/** A pass that did not end; what there is to say is in the log, the status and the events already. */
export class UnfinishedReconcile extends Error {
  override readonly name = "UnfinishedReconcile";
}

/** The last lines of a log that may hold the cause of a problem. */
const LOG_LINES = 200;

/** How old a log that still grows may be. */
const LIVE_LOG_MS = 8_000;

export function createFlinkDeploymentController(options: DeploymentControllerOptions): Controller {
  const { stores, poller, clock, restAccess, routes } = options;
  const configurations = createConfigurations({ config: options.operatorConfig, logFiles: options.logFiles });
  return createController(options, {
    kind: flinkDeploymentKind,
    pollKey: clusterKey,
    decide(resource, { podLog, ...remembered }) {
      const { namespace = "", name } = resource.metadata;
      const flink = poller.facts(clusterKey(namespace, name));
      const jobs = resource.spec.job === undefined ? options.sessionJobsOf(namespace, name) : undefined;
      const found = routes?.of(namespace, name);
      const facts = {
        ...gather(stores, namespace, name, flink, podLog, restAccess, jobs),
        ...(found === undefined ? {} : { routes: found }),
        ...remembered,
      };
      return decideFlinkDeployment({
        resource,
        facts,
        now: clock.now(),
        configure: configurations.of(resource),
      });
    },
    asDecidedOn: (found) => asFlinkDeployment(found),
    asStored: (status) => status,
    routes,
    forget(namespace, name) {
      configurations.forget(namespace, name);
      routes?.forget(namespace, name);
    },
  });
}

/** The facts that a controller has of each of its resources independent the stores and the poller's plan. */
export type Remembered = Pick<Facts, "podLog" | "operations" | "snapshotKind">;

/** What the controllers of the kinds do each in their own way. */
export interface Subject {
  readonly kind: ResourceKind;
  /** Under which the poller knows what it observes for the resource. */
  pollKey(namespace: string, name: string): string;
  decide(resource: FlinkDeployment, remembered: Remembered): Decision;
  /** The resource as it is decided on. */
  asDecidedOn(found: KubeObject): FlinkDeployment;
  /** What of a status is written. */
  asStored(status: FlinkDeploymentStatus): object;
  submit?(namespace: string, name: string, at: RestEndpoint, submission: Submission): void;
  fetchJar?(namespace: string, name: string, at: RestEndpoint, submission: Submission): void;
  readonly routes?: Routes | undefined;
  forget(namespace: string, name: string): void;
}

export function createController(options: ControllerOptions, subject: Subject): JobController {
  const { kube, flink, poller, recorder, clock, log, resources, deployments, snapshots } = options;
  const { random = Math.random } = options;
  const { kind, asStored } = subject;
  const timed = timedParts(kind.type.kind, options.onPassPart);
  const audit = createAudit(log, kind.type.kind);
  const podLogs = new Map<string, PodLog>();
  /** Disposals that Flink was asked for, until the pass has told the poller of them. */
  const asked = new Map<string, Operation>();
  /** How often in a row the passes of a resource have failed, since it was last edited. */
  const failures = new Map<string, { generation: number | undefined; times: number }>();
  /** Resources whose last finalizer was removed, by uid: the answer tells no newer version, so the store shows them still. */
  const departed = new Map<string, string | undefined>();

  /** Under this name the poller follows something for a resource. */
  const ownerOf = (key: string, what: FollowedFor): string => `${kind.type.kind}/${key}/${what}`;

  const logOf = ({ metadata }: KubeObject) =>
    resourceLogger(log, kind.type.kind, metadata.namespace ?? "", metadata.name);

  const decideNow = (resource: FlinkDeployment, namespace: string, name: string): Decision => {
    const key = clusterKey(namespace, name);
    const operations = {
      checkpoint: poller.followed(ownerOf(key, "checkpoint")),
      disposal: poller.followed(ownerOf(key, "disposal")),
    };
    const snapshotKind = options.hasSnapshots?.(namespace) ?? true;
    const podLog = podLogs.get(key);
    return timed.decide(() => subject.decide(resource, { podLog, operations, snapshotKind }));
  };

  /** Remembers the end of a container's log; true if it is news, so that the decision is worth making again. */
  async function readLog(key: string, namespace: string, wanted: Decision["logRequest"]): Promise<boolean> {
    if (wanted === undefined) return false;
    const { pod, container, restartCount } = wanted;
    const known = podLogs.get(key);
    const isKnown = known?.pod === pod && known.restartCount === restartCount;
    const ended = restartCount !== undefined;
    if (isKnown && (ended || clock.now() - known.at < LIVE_LOG_MS)) return false;
    const text = await kube
      .podLog(namespace, pod, { container, previous: ended, tailLines: LOG_LINES })
      .catch((error: unknown) => (isKnown ? known.text : isTransient(error) ? undefined : ""));
    // It has an end, and is read when the API server is there again.
    if (text === undefined) return false;
    podLogs.set(key, { ...wanted, at: clock.now(), text });
    return true;
  }

  async function pass(resource: FlinkDeployment, namespace: string, name: string): Promise<ReconcileResult> {
    const key = clusterKey(namespace, name);
    let decision = decideNow(resource, namespace, name);
    if (await readLog(key, namespace, decision.logRequest)) decision = decideNow(resource, namespace, name);
    const pollKey = subject.pollKey(namespace, name);
    const judged = new Map<string, readonly string[]>();
    const acted = await perform(resource, decision.actions, decision, pollKey, judged);
    const { actions: independentActions } = (acted.failure === undefined ? decision : decision.observed)
      .independent;
    const independent = await perform(acted.resource, independentActions, decision, pollKey, judged);
    follow(namespace, name, { ...decision.follow, ...disposalOf(pollKey) });
    if (acted.failure === undefined) {
      failures.delete(key);
      if (isDeleting(acted.resource)) departed.set(key, resource.metadata.uid);
      const done = withIndependentActions(resource, decision, independent.failure);
      const { status, events: ofFields } = withUnknownFields(done.status, judged);
      const events = [...done.events, ...ofFields];
      const written = await writeStatus(acted.resource, resource.status, status);
      poller.plan(pollKey, written ? decision.poll : decision.observed.poll);
      if (!written) throw new UnfinishedReconcile("status");
      record(resource, events);
      if (independent.failure !== undefined && isTransientFailure(independent.failure))
        throw new UnfinishedReconcile(independent.failure.action.kind);
      if (decision.actions.length === 0 && written === "same") audit.idle(namespace, name, status);
      return { requeueAfterMs: decision.requeueAfterMs };
    }
    poller.plan(pollKey, decision.observed.poll);
    return failed(acted.resource, resource, decision, acted.failure);
  }

  /** The status and the events of a pass whose own acts succeeded. What may pass is not worth a word. */
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
    const told = completeStatus(failed.status, desired, clock.now());
    return {
      status: told,
      events: newEvents(knownStatus(resource.status), told, [...events, ...failed.events]),
    };
  }

  /** What was asked for in this pass. */
  function disposalOf(pollKey: string): { readonly disposal?: Operation } {
    const disposal = asked.get(pollKey);
    asked.delete(pollKey);
    return disposal === undefined ? {} : { disposal };
  }

  function follow(namespace: string, name: string, operations: NonNullable<Decision["follow"]>): void {
    const owner = clusterKey(namespace, name);
    for (const what of followedFor)
      poller.follow(subject.pollKey(namespace, name), ownerOf(owner, what), operations[what]);
  }

  function perform(
    resource: KubeObject,
    actions: readonly Action[],
    decision: Decision,
    pollKey: string,
    judged: Map<string, readonly string[]>,
  ): Promise<Acted<ActFailure>> {
    const { namespace = "", name } = resource.metadata;
    const clients: Clients = {
      kube,
      flink,
      kind,
      endpoint: endpointOf(decision.poll),
      routes: subject.routes,
      submit: (at, submission) => subject.submit?.(namespace, name, at, submission),
      fetchJar: (at, submission) => subject.fetchJar?.(namespace, name, at, submission),
      wrote: observeWrite,
      deleted: (...deleted) => deployments.observeDelete(...deleted),
      deletedSnapshot: (...deleted) => snapshots.observeDelete(...deleted),
      disposing: (operation) => asked.set(pollKey, operation),
      judged: (name, unknown) =>
        void judged.set(name, unknown === undefined ? [] : [...(judged.get(name) ?? []), unknown]),
      askedFlink: () => poller.poke(pollKey),
    };
    return timed.act(actions, () => act(actions, resource, clients));
  }

  function observeWrite(object: KubeObject): void {
    if (object.kind === resourceTypes.deployment.kind) deployments.observeWrite(object);
    else if (object.kind === resourceTypes.flinkStateSnapshot.kind) snapshots.observeWrite(object);
    else resources.observeWrite(object);
  }

  async function failed(
    current: KubeObject,
    resource: FlinkDeployment,
    { observed, desired, retry }: Decision,
    failure: ActFailure,
  ): Promise<ReconcileResult> {
    // The watch has not told yet that the resource is gone.
    if (isGone(failure)) return {};
    const { action, status, reason, message } = failure;
    logOf(resource).warn({ action: action.kind, status, reason, message }, "an action failed");
    const key = clusterKey(resource.metadata.namespace ?? "", resource.metadata.name);
    const known = knownStatus(resource.status);
    const { generation } = resource.metadata;
    const before = failures.get(key) ?? { generation, times: known.retry?.failures ?? 0 };
    const times = before.generation === generation ? before.times + 1 : 1;
    failures.set(key, { generation, times });
    const now = clock.now();
    const outcome = decideFailure(observed.status, failure, times);
    // What may pass comes back quickly, by the queue's own back-off, and is not worth a word.
    const pauseMs = outcome.status && retry && retryPause(retry, times, random);
    const next = completeStatus(
      { ...observed.status, ...outcome.status, ...retried(times, pauseMs, now) },
      desired,
      now,
    );
    const rest = pauseMs === undefined || retry === undefined ? [] : restBegins(retry, times);
    const events = [...observed.events, ...(outcome.events ?? []), ...rest];
    const written = await writeStatus(current, resource.status, next);
    if (written) record(resource, newEvents(known, next, events));
    if (pauseMs === undefined || !written) throw new UnfinishedReconcile(action.kind);
    return { requeueAfterMs: pauseMs };
  }

  /** False where the resource has changed meanwhile: the watch brings the newer one. */
  async function writeStatus(
    current: KubeObject,
    before: FlinkDeploymentStatus | undefined,
    status: FlinkDeploymentStatus,
  ): Promise<"same" | "written" | false> {
    const next = asStored(status);
    if (isSameStored(next, asStored(knownStatus(before)))) return "same";
    if (isDeleting(current)) return "written";
    try {
      const answer = await kube.replaceStatus(kind.type, { ...current, status: plain(next) });
      resources.observeWrite(answer);
      audit.status(current.metadata.namespace ?? "", current.metadata.name, status);
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
    // In the background: nobody waits for an event, and the recorder reports what it cannot write.
    for (const event of events) {
      audit.event(resource.metadata.namespace ?? "", resource.metadata.name, event);
      void recorder.record(about, event);
    }
  }

  const hasLeft = ({ metadata }: Pick<KubeObject, "metadata">): boolean => {
    const key = clusterKey(metadata.namespace ?? "", metadata.name);
    return departed.has(key) && departed.get(key) === metadata.uid;
  };

  return {
    hasLeft,
    async reconcile(namespace, name) {
      const found = resources.get(namespace, name);
      const key = clusterKey(namespace, name);
      if (found === undefined) {
        poller.plan(subject.pollKey(namespace, name), undefined);
        follow(namespace, name, {});
        podLogs.delete(key);
        failures.delete(key);
        departed.delete(key);
        subject.forget(namespace, name);
        audit.forget(namespace, name);
        return {};
      }
      if (hasLeft(found)) return {};
      return pass(subject.asDecidedOn(found), namespace, name);
    },
  };
}

const followedFor: readonly FollowedFor[] = ["checkpoint", "disposal"];

const retried = (failures: number, pauseMs: number | undefined, now: number) =>
  pauseMs === undefined ? {} : { retry: { failures, nextTime: new Date(now + pauseMs).toISOString() } };

const endpointOf = (plan: PollPlan | undefined) => plan?.endpoint;
