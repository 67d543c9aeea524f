import type { KubeObject } from "../../api/kubernetes.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isAlreadyExists, isConflict } from "../../kube/errors.ts";
import { type Clock, sleep } from "../clock.ts";
import { decideLease, type LeaseTiming, type LeaseView, releasedLease, specOf, viewOf } from "./lease.ts";
import { createLeaseRequests } from "./leaseRequests.ts";

export interface ElectorOptions {
  readonly api: Pick<KubeApi, "get" | "create" | "mergePatch">;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly clock: Clock;
  /** Milliseconds of a monotonic clock: `performance.now`. */
  monotonicNow(): number;
  onLeading(): void;
  /** Called at most once, when the lease is lost: nothing may be written any more. `isLeading` is false already. */
  onLost(why: string): void;
  onError(error: unknown): void;
  /** Called when another process holds the lease, for each new holder. */
  onWaiting?(holder: string): void;
  /** What is known of the lease already. */
  readonly known?: LeaseView | undefined;
  /** Several processes hold the lease together, under one identity. Each renews it. */
  readonly isShared?: boolean;
  /** Asked before the release of the lease, which takes effect only if nobody writes it meanwhile. Absent: yes. */
  mayRelease?(): Promise<boolean>;
  /** Numbers from 0 to less than 1. */
  readonly random?: () => number;
}

export interface Elector {
  /** Whether this process may act at this moment. */
  isLeading(): boolean;
  /** Acquires and renews the lease. Resolves when it is lost, or when the signal is aborted and no request is in flight. */
  run(signal: AbortSignal): Promise<void>;
  /** Called after `run`: releases the lease, so that the next leader need not wait until it expires. */
  release(): Promise<void>;
}

/** A time by both clocks: a wall clock that is set back must not extend a lease. */
interface Instant {
  readonly steady: number;
  readonly wall: number;
}

export function createElector(options: ElectorOptions): Elector {
  const { identity, timing, clock, monotonicNow, isShared = false, random = Math.random } = options;
  const { read, write } = createLeaseRequests(options);
  let view = options.known;
  /** The view may be stale: a write of ours has failed, or only its response was lost. */
  let mayBeStale = true;
  let until: Instant | undefined;
  let state: "waiting" | "leading" | "lost" = "waiting";
  let waitingFor: string | undefined;
  let ended = new AbortController();
  let cancelDeadline: () => void = () => {};

  const now = (): Instant => ({ steady: monotonicNow(), wall: clock.now() });
  const isValid = (): boolean => {
    const { steady, wall } = now();
    return until !== undefined && steady < until.steady && wall < until.wall;
  };
  const isLeading = (): boolean => state === "leading" && isValid();

  function observe(lease: KubeObject | undefined): LeaseView {
    view = viewOf(lease, view, monotonicNow());
    return view;
  }

  /** One try to acquire or renew the lease. */
  async function tryAcquireOrRenew(): Promise<void> {
    const current = state === "leading" && view !== undefined && !mayBeStale ? view : observe(await read());
    const at = now();
    const decision = decideLease({
      identity,
      timing,
      view: current,
      steadyNow: at.steady,
      wallNow: at.wall,
    });
    if (decision.kind === "wait") return wait(decision.holder);
    mayBeStale = true;
    observe(await write(current, decision.spec));
    // The others write a shared lease all the time.
    mayBeStale = isShared;
    lead(at);
  }

  function wait(holder: string): void {
    if (state === "leading") lose(`${holder} has taken the lease`);
    else if (holder !== waitingFor) options.onWaiting?.(holder);
    waitingFor = holder;
  }

  /** Counts from when the request was sent: the other processes count from when it took effect, which is later. */
  function lead(sentAt: Instant): void {
    if (state === "lost") return;
    const { renewDeadlineMs } = timing;
    until = { steady: sentAt.steady + renewDeadlineMs, wall: sentAt.wall + renewDeadlineMs };
    awaitExpiry(until);
    if (state === "leading" || !isValid()) return;
    state = "leading";
    options.onLeading();
  }

  function awaitExpiry(deadline: Instant): void {
    cancelDeadline();
    cancelDeadline = clock.after(Math.max(1, deadline.steady - monotonicNow()), () => {
      if (state !== "leading") return;
      // A timer counts whole milliseconds, by another clock: it may be early.
      if (isLeading()) awaitExpiry(deadline);
      else lose("the lease could not be renewed in time");
    });
  }

  function lose(why: string): void {
    state = "lost";
    cancelDeadline();
    ended.abort();
    options.onLost(why);
  }

  return {
    isLeading,
    async run(signal) {
      ended = new AbortController();
      const ending = AbortSignal.any([signal, ended.signal]);
      while (!ending.aborted) {
        let wasOvertaken = false;
        try {
          await tryAcquireOrRenew();
        } catch (error) {
          // Another process was faster, which is expected.
          wasOvertaken = isConflict(error) || isAlreadyExists(error);
          if (!wasOvertaken) options.onError(error);
        }
        if (state === "leading" && !isLeading()) lose("the lease could not be renewed in time");
        // Jitter keeps processes from retrying together.
        const factor = wasOvertaken ? 0.25 * random() : state === "leading" ? 1 : 1 + 0.2 * random();
        await sleep(clock, timing.retryPeriodMs * factor, ending);
      }
    },
    async release() {
      cancelDeadline();
      if (!isLeading()) return;
      state = "lost";
      try {
        const current = mayBeStale ? observe(await read()) : view;
        if (current?.lease === undefined || specOf(current.lease).holderIdentity !== identity) return;
        if (options.mayRelease !== undefined && !(await options.mayRelease())) return;
        await write(current, releasedLease(clock.now()));
      } catch (error) {
        options.onError(error);
      }
    },
  };
}
