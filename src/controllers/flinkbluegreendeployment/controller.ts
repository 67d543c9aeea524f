import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import {
  asFlinkBlueGreenDeployment,
  type FlinkBlueGreenDeployment,
  type FlinkBlueGreenDeploymentStatus,
} from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { API_VERSION } from "../../api/v1beta1/names.ts";
import {
  type ActFailure,
  decideBlueGreen,
  decideFailure,
  type Input,
  refusalOf,
  routeRefusal,
} from "../../core/flinkbluegreendeployment/decide.ts";
import type { Action, Decision } from "../../core/flinkbluegreendeployment/decision.ts";
import type { EventIntent } from "../../core/job/model/decision.ts";
import { isTransientFailure } from "../../core/job/status/failure.ts";
import type { FlinkRest } from "../../flink/api.ts";
import type { Poller } from "../../flink/poller.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isConflict, isNotFound } from "../../kube/errors.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { EventRecorder } from "../../runtime/eventRecorder.ts";
import type { ReconcileResult } from "../../runtime/queue.ts";
import type { Store } from "../../runtime/store.ts";
import { type Logger, resourceLogger } from "../../telemetry/log.ts";
import { createAudit } from "../audit.ts";
import type { Routes } from "../flinkdeployment/ingressRoutes.ts";
import { type Reconciler, UnfinishedReconcile } from "../reconciler.ts";
import { type OnReconcilePart, timedParts } from "../reconcileTiming.ts";
import { formatBlueGreenPass } from "../recording/otherKinds.ts";
import type { PassRecorder } from "../recording/passRecorder.ts";
import { createSentRequests } from "../sentRequests.ts";
import { isFinalized, isSameStored, withoutUndefined } from "../stored.ts";
import { act } from "./act.ts";
import { type BlueGreenSources, followerOf, gatherBlueGreen, type ParentIndex } from "./gather.ts";
import { createMeasurements } from "./measurements.ts";
import { createValidities } from "./validity.ts";

export interface BlueGreenControllerOptions extends BlueGreenSources {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  readonly poller: Poller;
  readonly recorder: Pick<EventRecorder, "record">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onReconcilePart?: OnReconcilePart | undefined;
  readonly blueGreen: Store<KubeObject>;
  readonly resources: Store<KubeObject, ParentIndex>;
  readonly routes: Routes;
  /** Keeps the passes that do something. */
  readonly passes?: Pick<PassRecorder, "config" | "recordText" | "remove"> | undefined;
}

/** Reconciles FlinkBlueGreenDeployments. At rest it sends no request to the API server. */
export function createFlinkBlueGreenDeploymentController(options: BlueGreenControllerOptions): Reconciler {
  const { kube, flink, poller, recorder, clock, log, blueGreen, resources, routes } = options;
  const type = resourceTypes.flinkBlueGreenDeployment;
  const timed = timedParts(type.kind, options.onReconcilePart);
  const audit = createAudit(log, type.kind);
  const requests = createSentRequests();
  const validities = createValidities(options.operatorConfig);
  const measurements = createMeasurements(poller);

  const inputOf = (resource: FlinkBlueGreenDeployment, follower: string): Input => ({
    resource,
    facts: gatherBlueGreen(
      resource,
      { ...options, sourcesOf: measurements.of },
      { unsent: [...(requests.of(follower)?.unsent ?? [])][0], ...validities.of(resource) },
    ),
    now: clock.now(),
  });

  /** `refusal`: why the API server has refused the Ingress in this reconcile. */
  async function reconcile(found: KubeObject, follower: string, refusal?: string): Promise<ReconcileResult> {
    const resource = asFlinkBlueGreenDeployment(found);
    const { input, decision } = timed.decide(() => {
      const gathered = { ...inputOf(resource, follower), ...(refusal === undefined ? {} : { refusal }) };
      return { input: gathered, decision: decideBlueGreen(gathered) };
    });
    const config = options.passes?.config();
    const keep = (failed?: ActFailure) =>
      options.passes?.recordText(
        type.kind,
        resource,
        () => formatBlueGreenPass(input, decision, failed?.message),
        failed?.message,
        config,
      );
    const acted = await perform(decision.actions, resource, follower);
    if (acted.failure !== undefined) {
      keep(acted.failure);
      const refused = routeRefusal(acted.failure);
      return refused === undefined
        ? failed(input, acted.resource, acted.failure, follower)
        : reconcile(acted.resource, follower, refused);
    }
    const { failure } = await perform(decision.independent, resource, follower);
    keep(failure);
    const isTransient = failure !== undefined && isTransientFailure(failure);
    const { status, events, requeueAfterMs } =
      failure === undefined || isTransient
        ? decision
        : decideBlueGreen({ ...input, refusal: refusalOf(failure) });
    const written = await writeStatus(acted.resource, resource.status, status);
    record(resource, events);
    const after = await perform(decision.afterStatus, written, follower);
    if (after.failure === undefined) {
      // Flink logs an error if it is asked for a trigger that it has not got yet.
      follow(follower, decision);
      measurements.measure(follower, decision.measure);
      if (decision.askNow !== undefined) poller.pollNow(decision.askNow, "checkpoints");
      if (isTransient) throw new UnfinishedReconcile(failure.action.kind);
      return { requeueAfterMs };
    }
    const intended = asFlinkBlueGreenDeployment(written);
    return failed(inputOf(intended, follower), written, after.failure, follower);
  }

  async function perform(actions: readonly Action[], resource: KubeObject, follower: string) {
    const acted = await timed.act(actions, () =>
      act(actions, resource, {
        kube,
        flink,
        routes,
        observeChild: (child) => resources.observeWrite(child),
        observeChildDelete: (...deleted) => resources.observeDelete(...deleted),
        beforeTrigger: (triggerId) => requests.sent(follower, triggerId),
        onFlinkRequest: (cluster) => poller.pollNow(cluster),
      }),
    );
    if (acted.resource !== resource) blueGreen.observeWrite(acted.resource);
    return acted;
  }

  const follow = (follower: string, { follow }: Decision): void =>
    poller.follow(follow?.cluster ?? "", follower, follow?.operation);

  async function failed(
    input: Input,
    current: KubeObject,
    failure: ActFailure,
    follower: string,
  ): Promise<ReconcileResult> {
    const { action, status, message } = failure;
    if (action.kind === "remove-finalizer" && status === 404) return {};
    if (status !== 409) logOf(current).warn({ action: action.kind, status, message }, "an action failed");
    const outcome = decideFailure(input, failure);
    if (outcome === undefined) throw new UnfinishedReconcile(action.kind);
    follow(follower, outcome);
    await writeStatus(current, input.resource.status, outcome.status);
    record(input.resource, outcome.events);
    return { requeueAfterMs: outcome.requeueAfterMs };
  }

  const logOf = ({ metadata }: KubeObject) =>
    resourceLogger(log, type.kind, metadata.namespace ?? "", metadata.name);

  /** Resolves to the resource as it is then stored. */
  async function writeStatus(
    current: KubeObject,
    before: FlinkBlueGreenDeploymentStatus | undefined,
    status: FlinkBlueGreenDeploymentStatus,
  ): Promise<KubeObject> {
    if (isSameStored(status, before ?? {}) || isFinalized(current)) return current;
    const { namespace = "", name } = current.metadata;
    try {
      const next = withoutUndefined(status);
      const written = await kube.replaceStatus(type, { ...current, status: next });
      blueGreen.observeWrite(written);
      requests.intended(followerOf(namespace, name), triggerIdsOf(next), triggerIdsOf(before));
      audit.blueGreen(namespace, name, next);
      return written;
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error))
        logOf(current).warn({ error }, "the status could not be written");
      throw new UnfinishedReconcile("status");
    }
  }

  function record(resource: KubeObject, events: readonly EventIntent[]): void {
    const about = { ...resource, apiVersion: API_VERSION, kind: type.kind };
    for (const event of events) {
      audit.event(resource.metadata.namespace ?? "", resource.metadata.name, event);
      void recorder.record(about, event);
    }
  }

  return {
    get size() {
      return requests.size + validities.size + measurements.size + audit.size;
    },
    async reconcile(namespace, name) {
      const follower = followerOf(namespace, name);
      const found = blueGreen.get(namespace, name);
      if (found !== undefined) return isFinalized(found) ? {} : reconcile(found, follower);
      poller.follow("", follower, undefined);
      measurements.measure(follower, []);
      requests.remove(follower);
      validities.remove(namespace, name);
      options.passes?.remove(type.kind, namespace, name);
      routes.remove(namespace, name);
      return {};
    },
  };
}

const triggerIdsOf = (status: FlinkBlueGreenDeploymentStatus | undefined): string[] =>
  status?.savepointTriggerId ? [status.savepointTriggerId] : [];
