import type { KubeObject, ResourceType } from "../api/kubernetes.ts";
import type { KubeApi, Selection, WatchEvent } from "../kube/api.ts";
import { isAbsent, isExpired, isKubeError, KubeError } from "../kube/errors.ts";
import { compareResourceVersions } from "../kube/resourceVersion.ts";
import { type Backoff, backoffDelay } from "./backoff.ts";
import { type Clock, sleep } from "./clock.ts";
import { withoutBookkeeping } from "./projection.ts";
import type { Relist, StoreFeed } from "./store.ts";

/**
 * The state of a watcher. Empty: there is no resourceVersion to resume from. InitialList: it reads all objects, by a WatchList
 * ("stream") or, if the server does not support that, by a paged list. Watching: it applies changes, and resumes from the
 * last resourceVersion after a break.
 */
export type WatcherState =
  | { name: "Empty" }
  | { name: "InitialList"; by: "stream" | "pages" }
  | { name: "Watching"; resourceVersion: string };

export interface WatcherReport {
  type: ResourceType;
  from: WatcherState["name"];
  to: WatcherState["name"];
  error?: KubeError;
  /** The delay before the next request, in milliseconds. */
  delayMs?: number;
}

export interface WatcherOptions {
  api: Pick<KubeApi, "list" | "newestVersion" | "watch">;
  type: ResourceType;
  feed: StoreFeed;
  clock: Clock;
  /** Must have the namespace of the feed. */
  selection?: Selection;
  /** Projects a listed object until the list is complete, to save memory. Absent: removes the bookkeeping. */
  trim?: (object: KubeObject) => KubeObject;
  /** Numbers from 0 to less than 1. */
  random?: () => number;
  backoff?: Backoff;
  /** The retry delay if the server does not serve the type, or denies it. Absent: as after any error. */
  absentRetryMs?: number;
  /** Called after that delay. If it returns false, the watcher waits again. Absent: always retries. */
  isNeeded?: () => boolean;
  /** Called on each state change and each error. */
  onReport?: (report: WatcherReport) => void;
}

export interface Watcher {
  /** Runs until the signal is aborted. Retries all errors of the server. Rejects only on an error of the program. */
  run(signal: AbortSignal): Promise<void>;
  state(): WatcherState;
  /** Since when there are only errors, and the last of them. Undefined: the watch works. */
  broken(): { readonly since: number; readonly error: KubeError } | undefined;
}

const defaultBackoff: Backoff = { floorMs: 800, capMs: 30_000, factor: 2 };
/** After a connection that lasted this long, the back-off starts over. */
const stableAfterMs = 5_000;
/** Below the 5 minutes after which load balancers and the server often close a watch. Jitter: a tenth either way. */
const watchTimeoutSeconds = 290;

export function createWatcher(options: WatcherOptions): Watcher {
  const { api, type, feed, clock, selection = {}, onReport } = options;
  const { random = Math.random, backoff = defaultBackoff, trim = withoutBookkeeping } = options;
  let state: WatcherState = { name: "Empty" };
  let watchListUnsupported = false;
  let broken: ReturnType<Watcher["broken"]>;

  function enter(next: WatcherState, error?: KubeError, delayMs?: number): void {
    const report: WatcherReport = { type, from: state.name, to: next.name };
    if (error !== undefined) report.error = error;
    if (delayMs !== undefined) report.delayMs = delayMs;
    state = next;
    onReport?.(report);
  }

  const open = (signal: AbortSignal, from: { resourceVersion: string } | { sendInitialEvents: true }) =>
    api.watch(
      type,
      { ...selection, ...from, timeoutSeconds: Math.round(watchTimeoutSeconds * (0.9 + 0.2 * random())) },
      signal,
    );

  async function listPages(): Promise<void> {
    const relist = feed.relist();
    const { items, resourceVersion } = await api.list(type, { ...selection, project: trim });
    for (const object of items) relist.applied(object);
    commit(relist, resourceVersion);
  }

  function commit(relist: Relist, resourceVersion: string): void {
    relist.commit(resourceVersion);
    broken = undefined;
    enter({ name: "Watching", resourceVersion });
  }

  /**
   * Reads the current state by a WatchList, and then continues that watch. The state of a server with a stale cache is
   * refused: after a restart the operator has no record of its own writes, and would act on the stale state.
   */
  async function streamInitialList(signal: AbortSignal): Promise<void> {
    const newest = await api.newestVersion(type, selection);
    const relist = feed.relist();
    for await (const event of open(signal, { sendInitialEvents: true })) {
      if (state.name === "Watching") follow(state, event);
      else if (event.type !== "BOOKMARK")
        relist[event.type === "DELETED" ? "deleted" : "applied"](event.object);
      else if (event.initialEventsEnd) {
        if (compareResourceVersions(event.resourceVersion, newest) < 0)
          throw staleServerError(event.resourceVersion, newest);
        commit(relist, event.resourceVersion);
      }
    }
  }

  async function streamFrom(
    watching: WatcherState & { name: "Watching" },
    signal: AbortSignal,
  ): Promise<void> {
    for await (const event of open(signal, { resourceVersion: watching.resourceVersion }))
      follow(watching, event);
  }

  function follow(watching: WatcherState & { name: "Watching" }, event: WatchEvent): void {
    const resourceVersion =
      event.type === "BOOKMARK" ? event.resourceVersion : (event.object.metadata.resourceVersion ?? "");
    if (compareResourceVersions(resourceVersion, watching.resourceVersion) < 0) {
      // The server's data was restored from an older state: the store may be wrong.
      throw new KubeError(
        410,
        "Expired",
        `the server went back from ${watching.resourceVersion} to ${resourceVersion}`,
      );
    }
    watching.resourceVersion = resourceVersion;
    broken = undefined;
    if (event.type === "BOOKMARK") feed.reached(resourceVersion);
    else if (event.type === "DELETED") feed.deleted(event.object);
    else feed.applied(event.object);
  }

  /** Makes one connection and resolves when it ends, to its error if there is one. */
  async function connect(signal: AbortSignal): Promise<KubeError | undefined> {
    try {
      if (state.name === "Watching") await streamFrom(state, signal);
      else if (state.name === "InitialList" && state.by === "pages") await listPages();
      else await streamInitialList(signal);
      return undefined;
    } catch (error) {
      if (isKubeError(error)) return error;
      throw error;
    }
  }

  /** Waits after an error, or after a watch that ended too soon. */
  async function backOff(failures: number, error: KubeError | undefined, signal: AbortSignal): Promise<void> {
    const retryAfterMs = Math.min((error?.retryAfterSeconds ?? 0) * 1_000, backoff.capMs);
    const { absentRetryMs, isNeeded = () => true } = options;
    const absent = isAbsent(error) ? (absentRetryMs ?? 0) : 0;
    const delayMs = Math.max(backoffDelay(backoff, failures, random), retryAfterMs, absent);
    if (error !== undefined) broken = { since: broken?.since ?? clock.now(), error };
    enter(stateAfter(state, error), error, delayMs);
    await sleep(clock, delayMs, signal);
    if (absent > 0) while (!(signal.aborted || isNeeded())) await sleep(clock, absent, signal);
  }

  return {
    state: () => state,
    broken: () => broken,
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        if (state.name === "Empty")
          enter({ name: "InitialList", by: watchListUnsupported ? "pages" : "stream" });
        const listing = state.name === "InitialList" ? state.by : undefined;
        const startedAt = clock.now();
        const error = await connect(signal);
        if (signal.aborted) return;
        if (listing === "stream" && error !== undefined && isWatchListUnsupported(error)) {
          watchListUnsupported = true;
          enter({ name: "InitialList", by: "pages" }, error);
          continue;
        }
        if (listing === "pages" && error === undefined) continue;
        const stable = clock.now() - startedAt >= stableAfterMs;
        if (stable) failures = 0;
        if (stable && error === undefined) {
          enter(stateAfter(state, undefined));
          continue;
        }
        failures += 1;
        await backOff(failures, error, signal);
      }
    },
  };
}

const staleServerError = (shown: string, newest: string): KubeError =>
  new KubeError(504, "Timeout", `the server shows what was at ${shown}, but is at ${newest} already`);

/** Stays Watching if the watch can be resumed from its resourceVersion. */
function stateAfter(state: WatcherState, error: KubeError | undefined): WatcherState {
  return state.name === "Watching" && !(error && mustRelist(error)) ? state : { name: "Empty" };
}

/** The server is too old for WatchList, or has it disabled. */
const isWatchListUnsupported = (error: KubeError): boolean => error.status === 400 || error.status === 422;

const mustRelist = (error: KubeError): boolean =>
  isExpired(error) ||
  // The type was removed meanwhile, or the resourceVersion is not from this server.
  [400, 404, 405, 422].includes(error.status) ||
  // The server's data was restored from before our resourceVersion.
  (error.status === 504 && /too large resource version/i.test(error.message));
