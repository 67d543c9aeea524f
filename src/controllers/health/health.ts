/** The input of the health probes. */
export interface HealthFacts {
  /** Milliseconds, by the same clock as `brokenSince`. */
  readonly now: number;
  readonly watches: readonly WatchHealth[];
  /** Keys of the canary resources whose last change was not reconciled in time. */
  readonly overdueCanaries: readonly string[];
}

export interface WatchHealth {
  /** The type and the namespace. */
  readonly name: string;
  /** All objects have been read once since the start of the watch. */
  readonly read: boolean;
  /** Since when the watch has had nothing but errors. */
  readonly brokenSince: number | undefined;
  /** The API server denies the watch (403). */
  readonly denied: boolean;
}

export interface Health {
  /** False: a restart may help. */
  readonly live: boolean;
  /** Everything that the operator may read has been read. */
  readonly ready: boolean;
  /** The problems, for the log and the response. */
  readonly problems: readonly string[];
}

/** Longer than a restart of the API server, which our own restart would not shorten, and than the minute between bookmarks. */
const graceMs = 120_000;

/**
 * The rules of the Java operator (REFERENCE 1.25). The operator is not live if all watches are broken, if a watch that
 * worked is broken, or if a canary is overdue. A denied watch counts only if all watches are broken: the other namespaces
 * still work (FLINK-41035), and a restart grants no permission.
 */
export function evaluateHealth({ now, watches, overdueCanaries }: HealthFacts): Health {
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
