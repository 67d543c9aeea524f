import type { ReconcileResult } from "../runtime/queue.ts";

export interface Reconciler {
  /**
   * One pass. Rejects where something failed that may pass soon: the queue's back-off brings it again. What is told in the
   * status comes back by the resource's own.
   */
  reconcile(namespace: string, name: string): Promise<ReconcileResult>;
}

/** A pass that did not end; what there is to say is in the log, the status and the events already. */
export class UnfinishedReconcile extends Error {
  override readonly name = "UnfinishedPass";
}
