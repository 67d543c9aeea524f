import type { ReconcileResult } from "../runtime/queue.ts";

export interface Reconciler {
  /**
   * Reconciles one resource. Rejects on a transient failure, so that the queue requeues it with its back-off. For a failure
   * that the status reports, the result has the requeue delay of the resource's own retry settings.
   */
  reconcile(namespace: string, name: string): Promise<ReconcileResult>;
  /** How many entries it keeps for resources. None for one that is gone. */
  readonly size: number;
}

/** A reconcile that did not complete. The log, the status and the events report why. */
export class UnfinishedReconcile extends Error {
  override readonly name = "UnfinishedReconcile";
}
