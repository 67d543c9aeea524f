import type { KubeObject, ResourceType } from "../api/kubernetes.ts";
import type { KubeApi, Selection, WatchEvent } from "../kube/api.ts";
import { isAbsent, isExpired, isKubeError, KubeError } from "../kube/errors.ts";
import { compareResourceVersions } from "../kube/resourceVersion.ts";
import { type Backoff, backoffDelay } from "./backoff.ts";
import { type Clock, sleep } from "./clock.ts";
import { withoutBookkeeping } from "./projection.ts";
import type { Relist, StoreFeed } from "./store.ts";

/**
 * Where a watcher stands. Empty: it knows no place to go on from. InitialList: it reads everything anew, as the
 * opening of a watch ("stream") or, where the server refuses that, in pages. Watching: it follows the changes, and
 * after a break goes on from the last resourceVersion it was told.
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
  /** How long it waits before it goes on, in milliseconds. */
  delayMs?: number;
}

export interface WatcherOptions {
  api: Pick<KubeApi, "list" | "newestVersion" | "watch">;
  type: ResourceType;
  feed: StoreFeed;
  clock: Clock;
  /** Its namespace is that of the feed. */
  selection?: Selection;
  /** What is left of an object of a long list until the whole list is there; absent: all but its bookkeeping. */
  trim?: (object: KubeObject) => KubeObject;
  /** Numbers from 0 to less than 1. */
  random?: () => number;
  backoff?: Backoff;
  /** How long it waits where the server does not have the type, or does not let us see it; absent: as after any error. */
  absentMs?: number;
  /** Asked after that: false lets it wait as long once more. Absent: always looked for. */
  isNeeded?: () => boolean;
  /** Called at each change of state and each error. */
  onReport?: (report: WatcherReport) => void;
}

export interface Watcher {
  /** Runs until the signal is aborted. Rejects only on a defect of the program: every error of the server is waited out. */
  run(signal: AbortSignal): Promise<void>;
  state(): WatcherState;
  /** Since when nothing has come but errors, by the clock, and the last of them; undefined: all is well. */
  broken(): { readonly since: number; readonly error: KubeError } | undefined;
}

const defaultBackoff: Backoff = { floorMs: 800, capMs: 30_000, factor: 2 };
/** A connection that lived this long had nothing wrong with it when it was made: the back-off starts over. */
const steadyMs = 5_000;
/** Below the 5 minutes at which load balancers and the server itself like to cut; spread by a tenth either way. */
const watchSeconds = 290;

export function createWatcher(options: WatcherOptions): Watcher {
  const { api, type, feed, clock, selection = {}, onReport } = options;
  const { random = Math.random, backoff = defaultBackoff, trim = withoutBookkeeping } = options;
  let state: WatcherState = { name: "Empty" };
  let streamingRefused = false;
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
      { ...selection, ...from, timeoutSeconds: Math.round(watchSeconds * (0.9 + 0.2 * random())) },
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
   * Reads the present state from the opening of a watch and then follows that watch. What a server that lags behind
   * calls the present is refused: whoever starts anew, without any memory of own writes, would act on it.
   */
  async function streamFromNothing(signal: AbortSignal): Promise<void> {
    const newest = await api.newestVersion(type, selection);
    const relist = feed.relist();
    for await (const event of open(signal, { sendInitialEvents: true })) {
      if (state.name === "Watching") follow(state, event);
      else if (event.type !== "BOOKMARK")
        relist[event.type === "DELETED" ? "deleted" : "applied"](event.object);
      else if (event.initialEventsEnd) {
        if (compareResourceVersions(event.resourceVersion, newest) < 0)
          throw laggingBehind(event.resourceVersion, newest);
        commit(relist, event.resourceVersion);
      }
    }
  }

  async function streamFrom(place: WatcherState & { name: "Watching" }, signal: AbortSignal): Promise<void> {
    for await (const event of open(signal, { resourceVersion: place.resourceVersion })) follow(place, event);
  }

  function follow(place: WatcherState & { name: "Watching" }, event: WatchEvent): void {
    const resourceVersion =
      event.type === "BOOKMARK" ? event.resourceVersion : (event.object.metadata.resourceVersion ?? "");
    if (compareResourceVersions(resourceVersion, place.resourceVersion) < 0) {
      // Its data was set back to an older state: from here on nothing that we hold is certain.
      throw new KubeError(
        410,
        "Expired",
        `the server went back from ${place.resourceVersion} to ${resourceVersion}`,
      );
    }
    place.resourceVersion = resourceVersion;
    broken = undefined;
    if (event.type === "BOOKMARK") feed.reached(resourceVersion);
    else if (event.type === "DELETED") feed.deleted(event.object);
    else feed.applied(event.object);
  }

  /** One connection, to its end; the error that ended it, if one did. */
  async function connect(signal: AbortSignal): Promise<KubeError | undefined> {
    try {
      if (state.name === "Watching") await streamFrom(state, signal);
      else if (state.name === "InitialList" && state.by === "pages") await listPages();
      else await streamFromNothing(signal);
      return undefined;
    } catch (error) {
      if (isKubeError(error)) return error;
      throw error;
    }
  }

  /** Waits out an error, or an end that came too soon to be the server's usual one. */
  async function pause(failures: number, error: KubeError | undefined, signal: AbortSignal): Promise<void> {
    const asked = Math.min((error?.retryAfterSeconds ?? 0) * 1_000, backoff.capMs);
    const { absentMs, isNeeded = () => true } = options;
    const absent = isAbsent(error) ? (absentMs ?? 0) : 0;
    const delayMs = Math.max(backoffDelay(backoff, failures, random), asked, absent);
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
        if (state.name === "Empty") enter({ name: "InitialList", by: streamingRefused ? "pages" : "stream" });
        const listing = state.name === "InitialList" ? state.by : undefined;
        const startedAt = clock.now();
        const error = await connect(signal);
        if (signal.aborted) return;
        if (listing === "stream" && error !== undefined && refusesStreaming(error)) {
          streamingRefused = true;
          enter({ name: "InitialList", by: "pages" }, error);
          continue;
        }
        if (listing === "pages" && error === undefined) continue;
        const steady = clock.now() - startedAt >= steadyMs;
        if (steady) failures = 0;
        if (steady && error === undefined) {
          enter(stateAfter(state, undefined));
          continue;
        }
        failures += 1;
        await pause(failures, error, signal);
      }
    },
  };
}

const laggingBehind = (shown: string, newest: string): KubeError =>
  new KubeError(504, "Timeout", `the server shows what was at ${shown}, but is at ${newest} already`);

/** Only a watch that can go on from where it was keeps its place. */
function stateAfter(state: WatcherState, error: KubeError | undefined): WatcherState {
  return state.name === "Watching" && !(error && losesPlace(error)) ? state : { name: "Empty" };
}

/** The server is too old for WatchList, or has it switched off. */
const refusesStreaming = (error: KubeError): boolean => error.status === 400 || error.status === 422;

const losesPlace = (error: KubeError): boolean =>
  isExpired(error) ||
  // The type was removed meanwhile, or the resourceVersion is not one of this server.
  [400, 404, 405, 422].includes(error.status) ||
  // The server's data was set back to before our resourceVersion.
  (error.status === 504 && /too large resource version/i.test(error.message));
