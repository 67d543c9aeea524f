import type { KubeObject, ResourceType } from "../api/kubernetes.ts";
import type { KubeApi } from "../kube/api.ts";
import { isAbsent, isForbidden, isNotFound } from "../kube/errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Store, StoreFeed } from "../runtime/store.ts";
import { createWatcher, type WatcherReport } from "../runtime/watcher.ts";
import type { Logger } from "../telemetry/log.ts";
import type { WatchHealth } from "./health/health.ts";

/** One type of objects to follow. */
export interface Subject {
  readonly type: ResourceType;
  readonly store: Pick<Store<KubeObject>, "feed">;
  readonly labelSelector?: string | undefined;
  /** What the store needs of an object in a list (src/runtime/watcher.ts). */
  readonly trim?: (object: KubeObject) => KubeObject;
  /** Not every cluster has this type, or lets us see it: then there is nothing of it, until a rare look finds it. */
  readonly optional?: boolean;
  /** Whether anything there would be of an optional type, if there were any: else it is not looked for. */
  readonly isNeeded?: (namespace: string | undefined) => boolean;
  /** Whether it is followed at all, as it is now; absent: always. */
  readonly isFollowed?: () => boolean;
}

/** How often it is looked whether an optional type has come. */
const absentMs = 300_000;

export interface WatchesOptions {
  readonly kube: KubeApi;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of a place that is given up the first one's objects vanish first, and the others' once `idle` says so. */
  readonly subjects: readonly [Subject, ...Subject[]];
  /** All subjects have been read once in this namespace (undefined: everywhere). */
  onReady(namespace: string | undefined): void;
  /** Resolves when no pass runs in this namespace (undefined: anywhere). */
  idle(namespace: string | undefined): Promise<void>;
  readonly random?: () => number;
}

/** What is followed where. */
export interface Watches {
  /**
   * Follows these namespaces and no others from now on; undefined: the whole cluster. And in them the subjects that are to
   * be followed by now: one that came along is read before the next pass begins.
   */
  follow(namespaces: readonly string[] | undefined): void;
  /** Whether all that there is to know of this namespace has been read, and is being kept up. */
  isReady(namespace: string): boolean;
  /** Whether that holds for this type: false where it is not followed. */
  hasRead(type: ResourceType, namespace: string): boolean;
  /** Whether there can be any of an optional type in this namespace: false where it is not installed, or not shown to us. */
  has(type: ResourceType, namespace: string): boolean;
  /** Why not, where that is known. */
  absence(type: ResourceType, namespace: string): "not served" | "denied" | undefined;
  /** Whether that holds for every namespace that is followed. */
  readonly allReady: boolean;
  health(): WatchHealth[];
  stop(): void;
}

/** A namespace, or the whole cluster, with a watch for each subject: no right beyond it is needed. */
interface Place {
  readonly namespace: string | undefined;
  readonly followed: Map<Subject, Followed>;
  readonly unread: Set<ResourceType>;
  readonly absent: Map<ResourceType, "not served" | "denied">;
}

interface Followed {
  readonly feed: StoreFeed;
  readonly ending: AbortController;
  health(): WatchHealth;
}

export function createWatches(options: WatchesOptions): Watches {
  const { kube, clock, log, subjects, onReady, idle } = options;
  const places = new Map<string | undefined, Place>();
  let changing: Promise<void> = Promise.resolve();
  let stopped = false;

  function open(namespace: string | undefined): void {
    const place: Place = { namespace, followed: new Map(), unread: new Set(), absent: new Map() };
    places.set(namespace, place);
    followSubjects(place);
  }

  function followSubjects(place: Place): void {
    const { followed, unread, absent } = place;
    const wanted = subjects.filter(({ isFollowed }) => isFollowed?.() ?? true);
    for (const [subject, { ending, feed }] of followed) {
      if (wanted.includes(subject)) continue;
      followed.delete(subject);
      absent.delete(subject.type);
      ending.abort();
      feed.detach();
      tellRead(place, subject.type);
    }
    const others = wanted.filter((subject) => !followed.has(subject));
    for (const { type } of others) unread.add(type);
    for (const subject of others) watch(place, subject);
  }

  function tellRead({ namespace, unread }: Place, type: ResourceType): void {
    if (unread.delete(type) && unread.size === 0) onReady(namespace);
  }

  function watch(place: Place, subject: Subject): void {
    const { type, store, labelSelector, trim, optional = false, isNeeded } = subject;
    const { namespace, unread } = place;
    const feed = store.feed(namespace);
    const ending = new AbortController();
    const watcher = createWatcher({
      api: kube,
      type,
      feed,
      clock,
      selection: {
        ...(namespace === undefined ? {} : { namespace }),
        ...(labelSelector === undefined ? {} : { labelSelector }),
      },
      ...(trim === undefined ? {} : { trim }),
      ...(optional ? { absentMs } : {}),
      ...(isNeeded === undefined ? {} : { isNeeded: () => isNeeded(namespace) }),
      onReport(report) {
        const absent = optional && isAbsent(report.error);
        if (report.error !== undefined && !(optional && isNotFound(report.error)))
          tellError(namespace, report);
        if (ending.signal.aborted) return;
        if (absent) place.absent.set(type, isForbidden(report.error) ? "denied" : "not served");
        else if (report.to === "Watching") place.absent.delete(type);
        const read = report.to === "Watching" || absent;
        if (read) tellRead(place, type);
      },
      ...(options.random === undefined ? {} : { random: options.random }),
    });
    function health(): WatchHealth {
      const problem = watcher.broken();
      const broken = optional && isAbsent(problem?.error) ? undefined : problem;
      return {
        name: namespace === undefined ? type.plural : `${type.plural} in ${namespace}`,
        read: !unread.has(type),
        brokenSince: broken?.since,
        denied: isForbidden(broken?.error),
      };
    }
    place.followed.set(subject, { feed, ending, health });
    watcher
      .run(ending.signal)
      .catch((error: unknown) => log.fatal({ error, type: type.kind }, "a watch ended"));
  }

  function tellError(namespace: string | undefined, { type, from, to, error, delayMs }: WatcherReport): void {
    const fields = { type: type.kind, namespace, from, to, error, delayMs };
    const where = namespace === undefined ? "the whole cluster" : `namespace ${namespace}`;
    if (isForbidden(error)) log.error(fields, `Not allowed to list and watch ${type.plural} in ${where}`);
    else log.warn(fields, "a watch broke");
  }

  async function close({ namespace, followed }: Place): Promise<void> {
    const feeds = [...followed.values()].map(({ feed }) => feed);
    // From here on no pass begins there: what is forgotten next would look as if it had been deleted.
    places.delete(namespace);
    for (const { ending } of followed.values()) ending.abort();
    feeds[0]?.detach();
    await idle(namespace);
    for (const feed of feeds.slice(1)) feed.detach();
  }

  async function change(wanted: ReadonlySet<string | undefined>): Promise<void> {
    if (stopped) return;
    await Promise.all([...places.values()].filter(({ namespace }) => !wanted.has(namespace)).map(close));
    for (const place of places.values()) followSubjects(place);
    for (const namespace of wanted) if (!places.has(namespace)) open(namespace);
  }

  const placeOf = (namespace: string): Place | undefined => places.get(namespace) ?? places.get(undefined);
  const isRead = (place: Place | undefined): boolean => place?.unread.size === 0;

  return {
    follow(namespaces) {
      const wanted = new Set<string | undefined>(namespaces ?? [undefined]);
      if (places.size === 0) for (const namespace of wanted) open(namespace);
      // One after another: two feeds of the same namespace would be in each other's way.
      else changing = changing.then(() => change(wanted));
    },
    isReady: (namespace) => isRead(placeOf(namespace)),
    hasRead(type, namespace) {
      const { followed, unread } = placeOf(namespace) ?? {};
      return [...(followed?.keys() ?? [])].some((subject) => subject.type === type) && !unread?.has(type);
    },
    has: (type, namespace) => placeOf(namespace)?.absent.has(type) === false,
    absence: (type, namespace) => placeOf(namespace)?.absent.get(type),
    get allReady() {
      return places.size > 0 && [...places.values()].every(isRead);
    },
    health: () =>
      [...places.values()].flatMap(({ followed }) => [...followed.values()].map(({ health }) => health())),
    stop() {
      stopped = true;
      for (const { followed } of places.values()) for (const { ending } of followed.values()) ending.abort();
    },
  };
}
