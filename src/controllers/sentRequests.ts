import type { RequestFacts } from "../core/job/model/facts.ts";

/**
 * The requests that this process has and has not sent to JobManagers, by resource. No JobManager knows a trigger id that
 * this process has recorded and not yet sent. An id that it found in a status may have been sent by an earlier process.
 */
export interface SentRequests {
  of(key: string): RequestFacts | undefined;
  /** Called after a status is written: `ids` are its trigger ids, `before` those of the replaced status. */
  intended(key: string, ids: readonly string[], before: readonly string[]): void;
  /** Called before a trigger is sent: from then on a JobManager may know its id, even if the request fails. */
  sent(key: string, triggerId: string): void;
  /** Called after the response to a cancel of the job. `at` is in milliseconds since the epoch. */
  cancelled(key: string, jobId: string, at: number): void;
  /** Called when the API server has refused the objects of the check of an SQL script. */
  refusedCheck(key: string, check: NonNullable<RequestFacts["refusedCheck"]>): void;
  /** Called after a status with an intended change of the parallelism is written: whether the answer still has it. */
  rescaleStored(key: string, isStored: boolean): void;
  /** The same for an intended warm upgrade. */
  warmUpgradeStored(key: string, isStored: boolean): void;
  /** Called after the word that opens the gate of a Deployment was written. */
  openedGate(key: string, uid: string): void;
  remove(key: string): void;
  readonly size: number;
}

export function createSentRequests(): SentRequests {
  const known = new Map<string, RequestFacts>();
  const nothing: RequestFacts = { unsent: new Set(), cancelled: undefined };

  function set(key: string, facts: RequestFacts): void {
    const { unsent, cancelled, refusedCheck, dropsRescale, dropsWarmUpgrade, openedGate } = facts;
    const isEmpty = [cancelled, refusedCheck, dropsRescale, dropsWarmUpgrade, openedGate].every(
      (fact) => fact === undefined,
    );
    if (unsent.size === 0 && isEmpty) known.delete(key);
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
    refusedCheck(key, refusedCheck) {
      set(key, { ...(known.get(key) ?? nothing), refusedCheck });
    },
    rescaleStored(key, isStored) {
      const { dropsRescale: _, ...facts } = known.get(key) ?? nothing;
      set(key, isStored ? facts : { ...facts, dropsRescale: true });
    },
    warmUpgradeStored(key, isStored) {
      const { dropsWarmUpgrade: _, ...facts } = known.get(key) ?? nothing;
      set(key, isStored ? facts : { ...facts, dropsWarmUpgrade: true });
    },
    openedGate(key, openedGate) {
      set(key, { ...(known.get(key) ?? nothing), openedGate });
    },
    remove: (key) => void known.delete(key),
    get size() {
      return known.size;
    },
  };
}
