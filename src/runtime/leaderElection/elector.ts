import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isAlreadyExists, isConflict, isNotFound, KubeError } from "../../kube/errors.ts";
import { type Clock, sleep } from "../clock.ts";
import {
  decideLease,
  type LeaseSpec,
  type LeaseTiming,
  type LeaseView,
  releasedLease,
  specOf,
} from "./lease.ts";

export interface ElectorOptions {
  readonly api: Pick<KubeApi, "get" | "create" | "mergePatch">;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly clock: Clock;
  /** Milliseconds of a clock that nobody sets: `performance.now`. */
  steady(): number;
  onLeading(): void;
  /** Another may lead soon. Nothing may be changed any more; `isLeading` is false already. Called once at most. */
  onLost(why: string): void;
  onError(error: unknown): void;
  /** Another holds the lease; called when the holder changes. */
  onWaiting?(holder: string): void;
  /** Numbers from 0 to less than 1. */
  readonly random?: () => number;
}

export interface Elector {
  /** Whether this process may act at this very moment. */
  isLeading(): boolean;
  /** Contends for the lease and keeps it. Resolves when it is lost, or the signal is aborted and no request is out. */
  run(signal: AbortSignal): Promise<void>;
  /** After `run`: hands the lease over, so that the next one need not wait for it to expire. */
  release(): Promise<void>;
}

/** A moment by both clocks: a clock that was set back must not make a lease last longer. */
interface Moment {
  readonly steady: number;
  readonly wall: number;
}

export function createElector(options: ElectorOptions): Elector {
  const { api, namespace, name, identity, timing, clock, steady, random = Math.random } = options;
  const type = resourceTypes.lease;
  let view: LeaseView | undefined;
  /** What is known may be out of date: a write of ours has failed, perhaps only its answer. */
  let doubtful = true;
  let until: Moment | undefined;
  let state: "waiting" | "leading" | "lost" = "waiting";
  let waitingFor: string | undefined;
  let ended = new AbortController();
  let cancelDeadline: () => void = () => {};

  const now = (): Moment => ({ steady: steady(), wall: clock.now() });
  const isLeading = (): boolean => {
    const { steady, wall } = now();
    return state === "leading" && until !== undefined && steady < until.steady && wall < until.wall;
  };

  function see(lease: KubeObject | undefined): LeaseView {
    const isKnown =
      view !== undefined && view.lease?.metadata.resourceVersion === lease?.metadata.resourceVersion;
    if (view === undefined || !isKnown) view = { lease, seenAt: steady() };
    return view;
  }

  /** A request that hangs must leave time for another one. */
  async function inTime<Answer>(request: Promise<Answer>): Promise<Answer> {
    const deadline = new AbortController();
    const late = sleep(
      clock,
      Math.max(timing.retryPeriodMs, timing.renewDeadlineMs / 2),
      deadline.signal,
    ).then(() => {
      throw new KubeError(0, "Timeout", `no answer about the Lease ${namespace}/${name} in time`);
    });
    try {
      return await Promise.race([request, late]);
    } finally {
      late.catch(() => {});
      request.catch(() => {});
      deadline.abort();
    }
  }

  const read = (): Promise<KubeObject | undefined> =>
    inTime(api.get(type, namespace, name)).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });

  const write = ({ lease }: LeaseView, spec: LeaseSpec): Promise<KubeObject> =>
    inTime(
      lease === undefined
        ? api.create(type, { metadata: { name, namespace }, spec })
        : api.mergePatch(type, namespace, name, {
            metadata: { resourceVersion: lease.metadata.resourceVersion },
            spec,
          }),
    );

  /** One try to get or to keep the lease. */
  async function contend(): Promise<void> {
    const current = state === "leading" && view !== undefined && !doubtful ? view : see(await read());
    const at = now();
    const decision = decideLease({
      identity,
      timing,
      view: current,
      steadyNow: at.steady,
      wallNow: at.wall,
    });
    if (decision.kind === "wait") return wait(decision.holder);
    doubtful = true;
    see(await write(current, decision.spec));
    doubtful = false;
    lead(at);
  }

  function wait(holder: string): void {
    if (state === "leading") lose(`${holder} has taken the lease`);
    else if (holder !== waitingFor) options.onWaiting?.(holder);
    waitingFor = holder;
  }

  /** From when the request was sent, not from its answer: the others count from when it took effect at the latest. */
  function lead(sentAt: Moment): void {
    if (state === "lost") return;
    const { renewDeadlineMs } = timing;
    until = { steady: sentAt.steady + renewDeadlineMs, wall: sentAt.wall + renewDeadlineMs };
    cancelDeadline();
    cancelDeadline = clock.after(Math.max(0, until.steady - steady()), expire);
    if (state === "leading" || steady() >= until.steady) return;
    state = "leading";
    options.onLeading();
  }

  function expire(): void {
    if (state === "leading" && !isLeading()) lose("the lease could not be renewed in time");
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
        try {
          await contend();
        } catch (error) {
          // Somebody was quicker: that is the contest.
          if (!isConflict(error) && !isAlreadyExists(error)) options.onError(error);
        }
        if (state === "leading" && !isLeading()) lose("the lease could not be renewed in time");
        // Contenders that wait together do not come back together.
        const factor = state === "leading" ? 1 : 1 + 0.2 * random();
        await sleep(clock, timing.retryPeriodMs * factor, ending);
      }
    },
    async release() {
      cancelDeadline();
      if (!isLeading()) return;
      state = "lost";
      try {
        const current = doubtful ? see(await read()) : view;
        if (current?.lease === undefined || specOf(current.lease).holderIdentity !== identity) return;
        await write(current, releasedLease(clock.now()));
      } catch (error) {
        options.onError(error);
      }
    },
  };
}
