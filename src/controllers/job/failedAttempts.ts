import type { KubeObject } from "../../api/kubernetes.ts";
import { type Action, isFlinkRequest } from "../../core/job/model/decision.ts";
import { type ActFailure, isTransientFailure } from "../../core/job/status/failure.ts";
import type { Clock } from "../../runtime/clock.ts";

/** An attempt at a resource's actions that has failed. */
export interface FailedAttempt {
  readonly failure: ActFailure;
  /** Consecutive failed attempts, including this one. */
  readonly times: number;
  /** When the next attempt is due, in milliseconds since the epoch. Absent: when the queue's back-off says. */
  readonly nextAt?: number;
}

type Deferred = Required<FailedAttempt>;

interface Attempts {
  readonly generation: number | undefined;
  readonly times: number;
  readonly deferred?: Deferred & { readonly what: string };
}

/** The consecutive failed attempts of resources, each since its last edit. */
export interface FailedAttempts {
  /**
   * The last attempt at the same actions, if the next one is not due yet. Reconciles in between, which new facts lead to, repeat
   * nothing. What may succeed with new facts is due at once: requests to Flink, and what failed because of the server's state.
   */
  pending(key: string, resource: KubeObject, actions: readonly Action[]): Deferred | undefined;
  /** Counts one more, and returns the number. `known`: the number in the status, for an operator that has just started. */
  count(key: string, resource: KubeObject, known: number): number;
  /** Remembers until when the same actions are not attempted again. */
  defer(key: string, resource: KubeObject, actions: readonly Action[], attempt: Deferred): void;
  remove(key: string): void;
  readonly size: number;
}

export function createFailedAttempts(clock: Pick<Clock, "now">): FailedAttempts {
  const attempts = new Map<string, Attempts>();
  return {
    pending(key, resource, actions) {
      const deferred = attempts.get(key)?.deferred;
      const isSame = deferred?.what === identify(resource, actions);
      return isSame && clock.now() < deferred.nextAt ? deferred : undefined;
    },
    count(key, { metadata: { generation } }, known) {
      const before = attempts.get(key) ?? { generation, times: known };
      const times = before.generation === generation ? before.times + 1 : 1;
      attempts.set(key, { generation, times });
      return times;
    },
    defer(key, resource, actions, attempt) {
      if (isFlinkRequest(attempt.failure.action) || isTransientFailure(attempt.failure)) return;
      const { generation } = resource.metadata;
      const deferred = { ...attempt, what: identify(resource, actions) };
      attempts.set(key, { generation, times: attempt.times, deferred });
    },
    remove: (key) => void attempts.delete(key),
    get size() {
      return attempts.size;
    },
  };
}

/** The objects of a launch have an id that is new with each decision, so actions are compared by their kinds. */
const identify = ({ metadata }: KubeObject, actions: readonly Action[]): string =>
  JSON.stringify([metadata.generation, metadata.annotations, actions.map(({ kind }) => kind)]);
