/** How a running job is taken down, and so how its successor is restored. */
export type SuspendMode =
  /** Nothing runs any more; go on from what the status knows. */
  | { readonly kind: "none"; readonly restore: "stateless" | "savepoint" }
  | { readonly kind: "stateless" }
  /** `instead`: why the newest checkpoint will not do, where last-state was asked for. */
  | { readonly kind: "savepoint"; readonly instead?: string }
  /** Cancel and go on from the newest retained checkpoint. */
  | { readonly kind: "cancel" }
  /** Take the job down and go on from a snapshot that is newer than what it would leave behind. */
  | { readonly kind: "known"; readonly path: string; readonly why: string }
  /** Delete the JobManager and go on from its HA metadata. */
  | { readonly kind: "last-state" }
  | { readonly kind: "wait"; readonly why: string }
  | { readonly kind: "fail"; readonly message: string };
