/** How a running job is stopped, and so how the next one is restored. */
export type SuspendMode =
  /** No job is running. Restore from what the status records. */
  | { readonly kind: "none"; readonly restore: "stateless" | "savepoint" }
  | { readonly kind: "stateless" }
  /** `instead`: why the newest checkpoint cannot be used although last-state was requested. */
  | { readonly kind: "savepoint"; readonly instead?: string }
  /** Cancel the job and restore from the newest retained checkpoint. */
  | { readonly kind: "cancel" }
  /** Stop the job and restore from a snapshot that is newer than the one it would leave. */
  | { readonly kind: "known"; readonly path: string; readonly why: string }
  /** Delete the JobManager and restore from its HA metadata. */
  | { readonly kind: "last-state" }
  | { readonly kind: "wait"; readonly why: string }
  | { readonly kind: "fail"; readonly message: string };
