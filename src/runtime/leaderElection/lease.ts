import type { KubeObject } from "../../api/kubernetes.ts";

export interface LeaseTiming {
  /** How long a holder that is not heard of keeps the lease. */
  readonly leaseDurationMs: number;
  /** How long after its last renewal a holder goes on. Shorter than the duration: so two never act together. */
  readonly renewDeadlineMs: number;
  /** Pause between two tries to get or renew the lease. */
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
  /** Absent: there is no such object. */
  readonly lease: KubeObject | undefined;
  /** When this state of it was first seen, by a steady clock of our own: the holder's clock may be wrong. */
  readonly seenAt: number;
}

export interface LeaseSituation {
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly view: LeaseView;
  /** By the clock of `view.seenAt`. */
  readonly steadyNow: number;
  /** Milliseconds since the epoch, for what others read. */
  readonly wallNow: number;
}

/** "create" and "write" are asked of the API server, which refuses them where the lease has changed meanwhile. */
export type LeaseDecision =
  | { readonly kind: "create"; readonly spec: LeaseSpec }
  | { readonly kind: "write"; readonly spec: LeaseSpec }
  | { readonly kind: "wait"; readonly holder: string };

/**
 * What to do about a lease: keep it where it is ours, take it where it is free or its holder has not been heard of for
 * its whole duration, and wait otherwise. A lease that bears our name is ours even after a restart: the name is that
 * of the pod, whose former container is dead.
 */
export function decideLease(situation: LeaseSituation): LeaseDecision {
  const { identity, timing, view, steadyNow, wallNow } = situation;
  const renewal: LeaseSpec = {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.ceil(timing.leaseDurationMs / 1000)),
    renewTime: microTime(wallNow),
  };
  const taking: LeaseSpec = { ...renewal, acquireTime: microTime(wallNow) };
  if (view.lease === undefined) return { kind: "create", spec: { ...taking, leaseTransitions: 0 } };
  const { holderIdentity = "", leaseDurationSeconds = 0, leaseTransitions = 0 } = specOf(view.lease);
  if (holderIdentity === identity) return { kind: "write", spec: renewal };
  const patienceMs = Math.max(timing.leaseDurationMs, leaseDurationSeconds * 1000);
  const isFree = holderIdentity === "" || steadyNow - view.seenAt >= patienceMs;
  return isFree
    ? { kind: "write", spec: { ...taking, leaseTransitions: leaseTransitions + 1 } }
    : { kind: "wait", holder: holderIdentity };
}

/** Gives the lease to whoever comes next. */
export const releasedLease = (wallNow: number): LeaseSpec => ({
  holderIdentity: "",
  leaseDurationSeconds: 1,
  renewTime: microTime(wallNow),
});

export const specOf = (lease: KubeObject): LeaseSpec => (lease.spec ?? {}) as LeaseSpec;

/** Kubernetes' MicroTime has six digits after the point, and no fewer. */
const microTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "000Z");
