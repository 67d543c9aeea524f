import type { KubeApi } from "../../../kube/api.ts";
import { isForbidden, isKubeError, KubeError } from "../../../kube/errors.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { createStore, type StoreReader } from "../../../runtime/store.ts";
import { createWatcher } from "../../../runtime/watcher.ts";
import type { Logger } from "../../../telemetry/log.ts";
import type { Plural } from "../../contract.ts";
import type { Caller } from "../callers.ts";
import { fleetTypes, projectRow, type StoredRow } from "./row.ts";

/** What a watch is of: one kind in one namespace, or in all (undefined). */
export interface Scope {
  readonly plural: Plural;
  readonly namespace: string | undefined;
}

export interface Member {
  readonly caller: Caller;
  /** The caller's credential does not do for this watch any more. The member has left it. */
  onRefused(error: KubeError): void;
}

export interface JoinedWatch {
  readonly rows: StoreReader<StoredRow>;
  /** Resolves when all rows are known, or to the first error. */
  whenRead(): Promise<KubeError | undefined>;
  leave(): void;
}

/** One watch for each cluster, kind and namespace, whoever looks. */
export interface SharedWatches {
  /** The caller must have been found to have the right to it. */
  join(scope: Scope, member: Member): JoinedWatch;
  /** Whether somebody looks at this scope of a cluster already. */
  has(cluster: string, scope: Scope): boolean;
  readonly size: number;
}

interface SharedWatch {
  readonly members: Set<Member>;
  readonly store: StoreReader<StoredRow>;
  whenRead(): Promise<KubeError | undefined>;
  /** Its credential has changed. */
  useAnother(): void;
  stop(): void;
}

const keyOf = (cluster: string, { plural, namespace }: Scope): string =>
  `${cluster} ${plural} ${namespace ?? ""}`;

export function createSharedWatches({ clock, log }: { clock: Clock; log: Logger }): SharedWatches {
  const watches = new Map<string, SharedWatch>();
  return {
    get size() {
      return watches.size;
    },
    has: (cluster, scope) => watches.has(keyOf(cluster, scope)),
    join(scope, member) {
      const key = keyOf(member.caller.cluster.name, scope);
      const watch: SharedWatch =
        watches.get(key) ??
        startWatch(scope, member.caller.cluster.name, clock, log, () => {
          if (watches.get(key) === watch) watches.delete(key);
        });
      watches.set(key, watch);
      watch.members.add(member);
      return {
        rows: watch.store,
        whenRead: () => watch.whenRead(),
        leave() {
          const wasFirst = firstOf(watch.members) === member;
          if (!watch.members.delete(member)) return;
          if (watch.members.size === 0) watch.stop();
          else if (wasFirst) watch.useAnother();
        },
      };
    },
  };
}

const firstOf = (members: ReadonlySet<Member>): Member | undefined => members.values().next().value;

/** `onEnd`: nobody looks any more. Who comes later begins anew. */
function startWatch(
  { plural, namespace }: Scope,
  cluster: string,
  clock: Clock,
  log: Logger,
  onEnd: () => void,
): SharedWatch {
  const members = new Set<Member>();
  const project = projectRow(cluster, plural);
  const store = createStore<StoredRow>({ project, now: () => clock.now() });
  const ending = new AbortController();
  let using = new AbortController();
  let failed: KubeError | undefined;
  let wake: () => void = () => {};

  /** Does something with the credential of a member, who leaves if it is refused. */
  async function asMember<Answer>(ask: (kube: KubeApi) => Promise<Answer>): Promise<Answer> {
    const member = firstOf(members);
    if (member === undefined) throw new KubeError(0, "Broken", "nobody looks any more");
    try {
      return await ask(member.caller.kube);
    } catch (error) {
      refuse(member, error);
      throw error;
    }
  }

  function refuse(member: Member, error: unknown): void {
    if (!isKubeError(error) || !(error.status === 401 || isForbidden(error))) return;
    if (!members.delete(member)) return;
    if (members.size === 0) {
      failed = error;
      stop();
    }
    member.onRefused(error);
  }

  function stop(): void {
    ending.abort();
    onEnd();
    wake();
  }

  const watcher = createWatcher({
    type: fleetTypes[plural],
    clock,
    feed: store.feed(namespace),
    selection: namespace === undefined ? {} : { namespace },
    trim: project,
    api: {
      list: (type, options) => asMember((kube) => kube.list(type, options)),
      newestVersion: (type, selection) => asMember((kube) => kube.newestVersion(type, selection)),
      async *watch(type, options, signal) {
        const member = firstOf(members);
        if (member === undefined) return;
        try {
          // It ends as if the server had ended it when the member leaves, and goes on from the same version.
          yield* member.caller.kube.watch(type, options, AbortSignal.any([signal, using.signal]));
        } catch (error) {
          refuse(member, error);
          throw error;
        }
      },
    },
    onReport({ to, error }) {
      if (error !== undefined) {
        failed = error;
        log.debug({ cluster, plural, namespace, reason: error.reason }, "a shared watch is interrupted");
      } else if (to === "Watching") failed = undefined;
      wake();
    },
  });
  // The first member joins in this turn.
  queueMicrotask(() => void watcher.run(ending.signal));

  return {
    members,
    store,
    async whenRead() {
      while (!store.synced && failed === undefined && !ending.signal.aborted)
        await new Promise<void>((resolve) => {
          const before = wake;
          wake = () => {
            before();
            resolve();
          };
        });
      wake = () => {};
      return store.synced ? undefined : failed;
    },
    useAnother() {
      using.abort();
      using = new AbortController();
    },
    stop,
  };
}
