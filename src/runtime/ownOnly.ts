import type { KubeObject } from "../api/kubernetes.ts";
import type { Store, StoreFeed } from "./store.ts";

/** The same store for a watcher that also gets objects of others. Of those only the progress of the watch is noted. */
export const ownOnly = (
  store: Pick<Store<KubeObject>, "feed">,
  isOwn: (object: KubeObject) => boolean,
): Pick<Store<KubeObject>, "feed"> => ({ feed: (namespace) => filtered(store.feed(namespace), isOwn) });

function filtered(feed: StoreFeed, isOwn: (object: KubeObject) => boolean): StoreFeed {
  const pass = (object: KubeObject, deliver: (object: KubeObject) => void): void => {
    const { resourceVersion } = object.metadata;
    if (isOwn(object)) deliver(object);
    // A watch delivers in order.
    else if (resourceVersion !== undefined) feed.reached(resourceVersion);
  };
  return {
    ...feed,
    applied: (object) => pass(object, feed.applied),
    deleted: (object) => pass(object, feed.deleted),
    relist() {
      const relist = feed.relist();
      return {
        ...relist,
        applied: (object) => {
          if (isOwn(object)) relist.applied(object);
        },
        deleted: (object) => {
          if (isOwn(object)) relist.deleted(object);
        },
      };
    },
  };
}
