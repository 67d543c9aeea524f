import type { RequestFacts } from "../core/job/model/facts.ts";

/**
 * What this process has and has not asked JobManagers for, by resource. An id that it wrote down itself and did not send
 * yet is known to no JobManager. Of one that it found in a status, an earlier process may have sent it.
 */
export interface SentRequests {
  of(key: string): RequestFacts | undefined;
  /** A status was written: `ids` are its trigger ids, `before` those of the status that it replaces. */
  intended(key: string, ids: readonly string[], before: readonly string[]): void;
  /** It is about to be sent: whatever comes of that, from now on a JobManager may know it. */
  sent(key: string, triggerId: string): void;
  /** A JobManager answered a cancel of the job, at this time in milliseconds since the epoch. */
  cancelled(key: string, jobId: string, at: number): void;
  forget(key: string): void;
  readonly size: number;
}

export function createSentRequests(): SentRequests {
  const known = new Map<string, RequestFacts>();
  const nothing: RequestFacts = { unsent: new Set(), cancelled: undefined };

  function set(key: string, facts: RequestFacts): void {
    if (facts.unsent.size === 0 && facts.cancelled === undefined) known.delete(key);
    else known.set(key, facts);
  }

  return {
    of: (key) => known.get(key),
    intended(key, ids, before) {
      const facts = known.get(key) ?? nothing;
      set(key, {
        ...facts,
        unsent: new Set(ids.filter((id) => facts.unsent.has(id) || !before.includes(id))),
      });
    },
    sent(key, triggerId) {
      const facts = known.get(key);
      if (facts !== undefined)
        set(key, { ...facts, unsent: new Set([...facts.unsent].filter((id) => id !== triggerId)) });
    },
    cancelled(key, jobId, at) {
      set(key, { ...(known.get(key) ?? nothing), cancelled: { jobId, at } });
    },
    forget: (key) => void known.delete(key),
    get size() {
      return known.size;
    },
  };
}
