import type { StoredState } from "../core/autoscaler/state/storedState.ts";

/** Where the state of scaling is kept, by the id of the job. */
export interface StateStore {
  read(jobId: string): Promise<StoredState>;
  /** Stores all that has changed since the last read or write, or nothing. Rejects if that is not certain: read again then. */
  write(jobId: string, state: StoredState): Promise<void>;
  remove(jobId: string): Promise<void>;
}

/** It is lost with the process: the next one measures and learns anew. */
export function createMemoryStore(): StateStore {
  const states = new Map<string, StoredState>();
  return {
    read: async (jobId) => states.get(jobId) ?? {},
    write: async (jobId, state) => void states.set(jobId, state),
    remove: async (jobId) => void states.delete(jobId),
  };
}
