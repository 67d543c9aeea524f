/** Ends a cycle, and becomes the message of an event AutoscalerError. */
export class AutoscalerError extends Error {
  override readonly name = "AutoscalerError";
}

/** Ends a cycle without an event: what is missing comes by itself. */
export class NotReady extends Error {
  override readonly name = "NotReady";
}

/**
 * What an error of a cycle is for the user. One that is neither of the above is a mistake of this program or an answer that it
 * does not understand: its stack is for the log only.
 */
export const asAutoscalerError = (error: unknown): AutoscalerError =>
  error instanceof AutoscalerError
    ? error
    : new AutoscalerError(`Unexpected error: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
