import type { FlinkConfig } from "../../../src/config/flinkConfig.ts";
import type { AutoscaleResult } from "../../../src/core/autoscaler/autoscale.ts";
import type { CycleResult } from "../../../src/core/autoscaler/cycle.ts";
import type { FieldChange } from "../../../src/core/diff/changes.ts";
import type { Json } from "./recording.ts";

/** What a step came to. */
export interface PlayedStep {
  readonly result: CycleResult & Partial<AutoscaleResult<Json>>;
  /** Of the ConfigMap. Undefined: there is none, and the recording has no state either. */
  readonly data: Readonly<Record<string, string>> | undefined;
  readonly config: FlinkConfig;
  readonly specChanges: Record<string, Json>;
  readonly nonce?: number | undefined;
  readonly diff?: { readonly type: string; readonly changes: readonly FieldChange[] } | undefined;
  readonly inPlace?: Json;
  readonly requests?: readonly Json[];
}

export interface Played {
  readonly steps: readonly PlayedStep[];
}
