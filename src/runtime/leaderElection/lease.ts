import type { KubeObject } from "../../api/kubernetes.ts";

export interface LeaseTiming {
  /** How long a holder keeps the lease without a renewal. */
  readonly leaseDurationMs: number;
  /** How long a holder acts after its last renewal. Shorter than the duration, so that two never act at the same time. */
  readonly renewDeadlineMs: number;
  /** The time between two tries to acquire or renew the lease. */
  readonly retryPeriodMs: number;
}

/** The spec of a coordination.k8s.io/v1 Lease. */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
}

export interface LeaseView {
  /** Undefined: the object does not exist. */
  readonly lease: KubeObject | undefined;
  /** When this state was first observed, by our own monotonic clock: the holder's clock may be wrong. */
  readonly seenAt: number;
}

/** What is known of a lease after it was read or written. */
export const viewOf = (
  lease: KubeObject | undefined,
  before: LeaseView | undefined,
  steadyNow: number,
): LeaseView =>
  before !== undefined && before.lease?.metadata.resourceVersion === lease?.metadata.resourceVersion
    ? before
    : { lease, seenAt: steadyNow };

export interface LeaseSituation {
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly view: LeaseView;
  /** By the clock of `view.seenAt`. */
  readonly steadyNow: number;
  /** Milliseconds since the epoch, for the timestamps in the lease. */
  readonly wallNow: number;
}

/** The API server refuses "create" and "write" if the lease has changed meanwhile. */
export type LeaseDecision =
  | { readonly kind: "create"; readonly spec: LeaseSpec }
  | { readonly kind: "write"; readonly spec: LeaseSpec }
  | { readonly kind: "wait"; readonly holder: string };

/**
 * Decides about a lease: renew it if it is ours, acquire it if it is free or its holder has not renewed it for its whole
 * duration, and wait otherwise. A lease with our identity is ours even after a restart: the identity is the pod's name, and
 * the former container of the pod is dead.
 */
export function decideLease(situation: LeaseSituation): LeaseDecision {
  const { identity, timing, view, steadyNow, wallNow } = situation;
  const renewal: LeaseSpec = {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.ceil(timing.leaseDurationMs / 1000)),
    renewTime: microTime(wallNow),
  };
  const acquisition: LeaseSpec = { ...renewal, acquireTime: microTime(wallNow) };
  if (view.lease === undefined) return { kind: "create", spec: { ...acquisition, leaseTransitions: 0 } };
  const { holderIdentity = "", leaseDurationSeconds = 0, leaseTransitions = 0 } = specOf(view.lease);
  if (holderIdentity === identity) return { kind: "write", spec: renewal };
  const timeoutMs = Math.max(timing.leaseDurationMs, leaseDurationSeconds * 1000);
  const isFree = holderIdentity === "" || steadyNow - view.seenAt >= timeoutMs;
  return isFree
    ? { kind: "write", spec: { ...acquisition, leaseTransitions: leaseTransitions + 1 } }
    : { kind: "wait", holder: holderIdentity };
}

/** The spec of a lease that any process may acquire at once. */
export const releasedLease = (wallNow: number): LeaseSpec => ({
  holderIdentity: "",
  leaseDurationSeconds: 1,
  renewTime: microTime(wallNow),
});

export const specOf = (lease: KubeObject): LeaseSpec => (lease.spec ?? {}) as LeaseSpec;

/** Kubernetes' MicroTime has exactly six digits after the point. */
const microTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "000Z");
