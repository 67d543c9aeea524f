import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import type { FlinkStateSnapshot, FlinkStateSnapshotStatus } from "../../api/v1beta1/flinkstatesnapshot.ts";
import { API_VERSION } from "../../api/v1beta1/names.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import { decide, decideFailure, type Input } from "../../core/flinkstatesnapshot/decide.ts";
import type { Decision } from "../../core/flinkstatesnapshot/decision.ts";
import type { EventIntent } from "../../core/job/model/decision.ts";
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
import type { ProjectedSnapshot } from "../flinkdeployment/project.ts";
import { type Reconciler, UnfinishedReconcile } from "../reconciler.ts";
import { type OnReconcilePart, timedParts } from "../reconcileTiming.ts";
import { formatSnapshotPass } from "../recording/otherKinds.ts";
import type { PassRecorder } from "../recording/passRecorder.ts";
import { createSentRequests } from "../sentRequests.ts";
import { isFinalized, isSameStored, withoutUndefined } from "../stored.ts";
import { act } from "./act.ts";
import { gatherSnapshot, ownerOf, type SnapshotIndex, type SnapshotSources } from "./gather.ts";

export interface SnapshotControllerOptions extends SnapshotSources {
  readonly kube: KubeApi;
  readonly flink: FlinkRest;
  readonly poller: Poller;
  readonly recorder: Pick<EventRecorder, "record">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onReconcilePart?: OnReconcilePart | undefined;
  readonly snapshots: Store<ProjectedSnapshot, SnapshotIndex>;
  /** Keeps the passes that do something. */
  readonly passes?: Pick<PassRecorder, "recordText" | "remove"> | undefined;
}

/** Reconciles FlinkStateSnapshots: takes the snapshot, and disposes of its data on deletion. */
export function createFlinkStateSnapshotController(options: SnapshotControllerOptions): Reconciler {
  const { kube, flink, poller, recorder, clock, log, snapshots } = options;
  const type = resourceTypes.flinkStateSnapshot;
  const timed = timedParts(type.kind, options.onReconcilePart);
  const audit = createAudit(log, type.kind);
  /** Uids of snapshots whose last finalizer we removed. The response has no newer version, so the store still holds them. */
  const finalized = new Map<string, string | undefined>();
  const requests = createSentRequests();

  const keyOf = ({ metadata }: KubeObject): string => ownerOf(metadata.namespace ?? "", metadata.name);
  const unsentOf = (resource: KubeObject): string | undefined =>
    [...(requests.of(keyOf(resource))?.unsent ?? [])][0];

  const inputOf = (resource: FlinkStateSnapshot): Input => ({
    resource,
    facts: { ...gatherSnapshot(resource, options), unsent: unsentOf(resource) },
    progressCheckIntervalMs: options.operatorConfig().get(operatorOptions.progressCheckInterval),
    now: clock.now(),
  });

  async function reconcile(resource: FlinkStateSnapshot, owner: string): Promise<ReconcileResult> {
    const { input, decision } = timed.decide(() => {
      const gathered = inputOf(resource);
      return { input: gathered, decision: decide(gathered) };
    });
    let started: Decision["follow"];
    const acted = await timed.act(decision.actions, () =>
      act(decision.actions, resource, {
        kube,
        flink,
        follow: (cluster, operation) => {
          started = { cluster, operation };
        },
        beforeTrigger: (triggerId) => requests.sent(owner, triggerId),
        onFlinkRequest: (cluster) => poller.pollNow(cluster),
      }),
    );
    if (acted.resource !== resource) snapshots.observeWrite(acted.resource);
    const { failure } = acted;
    options.passes?.recordText(
      type.kind,
      resource,
      () => formatSnapshotPass(input, decision, failure?.message),
      failure?.message,
    );
    const outcome = failure === undefined ? decision : decideFailure(input, failure);
    if (failure !== undefined && !(isAlreadyDeleted(failure) || failure.status === 409)) {
      const { kind: action, status, message } = failure;
      logOf(resource).warn({ action, status, message }, "an action failed");
    }
    if (outcome === undefined) {
      if (failure !== undefined && isAlreadyDeleted(failure)) return {};
      throw new UnfinishedReconcile(failure?.kind);
    }
    const follow = started ?? outcome.follow;
    poller.follow(follow?.cluster ?? "", owner, follow?.operation);
    if (isFinalized(acted.resource)) finalized.set(owner, resource.metadata.uid);
    await writeStatus(acted.resource, resource.status, outcome.status);
    record(resource, outcome.events);
    return { requeueAfterMs: outcome.requeueAfterMs };
  }

  const logOf = ({ metadata }: KubeObject) =>
    resourceLogger(log, type.kind, metadata.namespace ?? "", metadata.name);

  async function writeStatus(
    current: KubeObject,
    before: FlinkStateSnapshotStatus | undefined,
    status: FlinkStateSnapshotStatus,
  ): Promise<void> {
    if (isSameStored(status, before ?? {}) || isFinalized(current)) return;
    const next = withoutUndefined(status);
    try {
      const { facts: _, ...stored } = current as Partial<ProjectedSnapshot> & KubeObject;
      snapshots.observeWrite(await kube.replaceStatus(type, { ...stored, status: next }));
      requests.intended(keyOf(current), triggerIdsOf(next), triggerIdsOf(before));
      audit.snapshot(current.metadata.namespace ?? "", current.metadata.name, next);
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error)) logOf(current).warn({ error }, "the status could not be written");
      throw new UnfinishedReconcile("status");
    }
  }

  function record(resource: FlinkStateSnapshot, events: readonly EventIntent[]): void {
    const about = { ...resource, apiVersion: API_VERSION, kind: type.kind };
    for (const event of events) {
      audit.event(resource.metadata.namespace ?? "", resource.metadata.name, event);
      void recorder.record(about, event);
    }
  }

  return {
    get size() {
      return finalized.size + requests.size + audit.size;
    },
    async reconcile(namespace, name) {
      const found = snapshots.get(namespace, name);
      const owner = ownerOf(namespace, name);
      if (found === undefined) {
        poller.follow("", owner, undefined);
        finalized.delete(owner);
        requests.remove(owner);
        options.passes?.remove(type.kind, namespace, name);
        return {};
      }
      if (finalized.has(owner) && finalized.get(owner) === found.metadata.uid) return {};
      return reconcile(found, owner);
    },
  };
}

const triggerIdsOf = (status: FlinkStateSnapshotStatus | undefined): string[] =>
  status?.triggerId ? [status.triggerId] : [];

/** Whether a change of the metadata failed because the snapshot no longer exists. */
const isAlreadyDeleted = ({ status, kind }: { readonly status: number; readonly kind: string }): boolean =>
  status === 404 && (kind === "remove-finalizer" || kind === "set-metadata");
