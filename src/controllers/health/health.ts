/** What the health probes go by. */
export interface HealthFacts {
  /** By the same clock as `brokenSince`. */
  readonly now: number;
  readonly watches: readonly WatchHealth[];
  /** Canary resources whose last change was not seen in time. */
  readonly overdueCanaries: readonly string[];
}

export interface WatchHealth {
  /** Of what, and where. */
  readonly name: string;
  /** Everything was read once since it was begun. */
  readonly read: boolean;
  /** Since when nothing has come but errors. */
  readonly brokenSince: number | undefined;
  /** The API server says that we may not. */
  readonly denied: boolean;
}

export interface Health {
  /** A restart would not help. */
  readonly live: boolean;
  /** It has read all that it may read, and so works. */
  readonly ready: boolean;
  /** What is wrong, for the log and the answer. */
  readonly problems: readonly string[];
}

/** Longer than a restart of the API server, which ours would not shorten, and than the minute between two bookmarks. */
const graceMs = 120_000;

/**
 * As the Java operator judges itself (REFERENCE 1.25): dead where every watch is broken, or one that worked, or where a
 * canary's change was not seen. A watch that is denied is dead weight only if all are: the other namespaces go on
 * (FLINK-41035), and a restart would bring no right.
 */
export function judgeHealth({ now, watches, overdueCanaries }: HealthFacts): Health {
  const broken = watches.filter(({ brokenSince = now }) => now - brokenSince >= graceMs);
  const newlyBroken = broken.filter(({ read, denied }) => read && !denied);
  const allBroken = watches.length > 0 && broken.length === watches.length;
  return {
    live: !allBroken && newlyBroken.length === 0 && overdueCanaries.length === 0,
    ready: watches.some(({ read }) => read) && watches.every(({ read, denied }) => read || denied),
    problems: [
      ...watches
        .filter(({ denied, brokenSince }) => denied || brokenSince !== undefined)
        .map(({ name, denied }) =>
          denied ? `not allowed to watch ${name}` : `the watch of ${name} is broken`,
        ),
      ...overdueCanaries.map((name) => `the change of canary ${name} was not seen in time`),
    ],
  };
}
