import type { KubeObject } from "../../../src/api/kubernetes.ts";
import { createKubeClient, type KubeClient, type KubeClientOptions } from "../../../src/kube/client.ts";
import type { ClusterAccess } from "../../../src/kube/clusterAccess.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { type Change, createStore, type Store } from "../../../src/runtime/store.ts";
import { createWatcher, type WatcherReport } from "../../../src/runtime/watcher.ts";
import { eventually } from "../../support/eventually.ts";
import { widget } from "../../support/widgets.ts";

/** A store of the widgets of one namespace, filled by a watcher like the operator's stores. */
export interface Follower {
  store: Store<KubeObject>;
  changes: Change<KubeObject>[];
  reports: WatcherReport[];
  /** Waits until the store has exactly the objects of the API server, read through the direct client. */
  waitUntilSynced(direct: KubeClient, deadlineMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export function follow(namespace: string, access: ClusterAccess, options: KubeClientOptions = {}): Follower {
  const client = createKubeClient(access, options);
  const store = createStore();
  const changes: Change<KubeObject>[] = [];
  const reports: WatcherReport[] = [];
  store.subscribe((change) => changes.push(change));
  const watcher = createWatcher({
    api: client,
    type: widget,
    feed: store.feed(namespace),
    selection: { namespace },
    clock: systemClock,
    onReport: (report) => reports.push(report),
  });
  const abort = new AbortController();
  const running = watcher.run(abort.signal);
  return {
    store,
    changes,
    reports,
    async waitUntilSynced(direct, deadlineMs) {
      const stateOf = (objects: Iterable<KubeObject>) =>
        [...objects]
          .map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`)
          .sort()
          .join();
      await eventually(
        "the store has the objects of the API server",
        async () => {
          const { items } = await direct.list(widget, { namespace });
          return stateOf(store.values()) === stateOf(items);
        },
        deadlineMs,
      );
    },
    async stop() {
      abort.abort();
      await running;
      await client.close();
    },
  };
}
