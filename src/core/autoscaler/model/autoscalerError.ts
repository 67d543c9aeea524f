/** Ends a cycle, and becomes the message of an event AutoscalerError. */
export class AutoscalerError extends Error {
  override readonly name = "AutoscalerError";
}

/** Ends a cycle without an event: what is missing comes by itself. */
export class NotReady extends Error {
  override readonly name = "NotReady";
}
