/** An event of one cycle, before repetitions are left out. */
export interface AutoscalerEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: AutoscalerReason;
  readonly message: string;
  /** Events with the same key are one event with a count. Undefined: the message is the key. */
  readonly key?: string;
  /** Milliseconds in which the event is not repeated. Undefined: it always is. */
  readonly intervalMs?: number;
  /** The event is repeated within the interval all the same if this text is another one than before. */
  readonly changeHash?: string;
}

export type AutoscalerReason =
  | "AutoscalerError"
  | "AutoScaler Options Validation"
  | "Configuration recommendation"
  | "EvaluatorFailed"
  | "IneffectiveScaling"
  | "MemoryPressure"
  | "ResourceQuotaReached"
  | "Scaling"
  | "ScalingLimited"
  | "ScalingReport"
  | "ScalingUndone"
  | "ScalingVetoed";
