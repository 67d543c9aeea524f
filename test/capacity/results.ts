import type { Figures } from "./measure/meter.ts";
import type { Distribution } from "./percentiles.ts";

/** What one run measured: test/capacity/results/RESOURCES.json. Times are seconds unless a name says otherwise. */
export interface RunResult {
  readonly resources: number;
  /** "2 cores, 24 GiB". */
  readonly machine: string;
  /** The machine's load average of a minute before the run: whatever else ran on it makes times longer. */
  readonly loadBefore: number;
  readonly date: string;
  readonly commit: string;
  /** The command line of the operator, if it is another one. */
  readonly operator?: string;
  readonly start?: StartResult;
  readonly bare?: BareResult;
  readonly creation?: CreationResult;
  readonly rest?: Figures;
  readonly edits?: EditsResult;
  readonly hung?: EditsResult;
  readonly restart?: RestartResult;
  readonly deletion?: DeletionResult;
  /** Lines of the operator's log that are warnings or errors, with how often they came, the most frequent first. */
  readonly complaints?: readonly (readonly [string, number])[];
}

export interface StartResult {
  readonly readySeconds: number;
  readonly rssMiB: number;
}

/** A client that writes the same objects and minds nothing. */
export interface BareResult {
  readonly writesSeconds: number;
  /** Until all pods run. */
  readonly podsSeconds: number;
  readonly apiServerCpuSeconds: number;
  /** Until nothing is left of what it deleted in the foreground. */
  readonly deletionSeconds: number;
  readonly deletionApiServerCpuSeconds: number;
}

export interface CreationResult {
  /** Until the user has created all resources. */
  readonly writesSeconds: number;
  /** Until the last pod runs. */
  readonly podsSeconds: number;
  readonly toDeployments: Figures;
  readonly toRunning: Figures;
}

export interface EditsResult {
  /** From the patch to the first request of the operator for the resource, in milliseconds. */
  readonly firstActMs: Distribution;
  /** How many JobManagers were hung. */
  readonly hung: number;
  /** Until all edited jobs run again. */
  readonly figures: Figures;
}

export interface RestartResult {
  /** From the start to ready. */
  readonly readySeconds: number;
  /** From the start to the first write for a resource that waited for it. */
  readonly firstActSeconds: number;
  /** Until 20 s after it was ready. */
  readonly figures: Figures;
}

export interface DeletionResult {
  readonly figures: Figures;
  /** Of the operator, 30 s later. */
  readonly settledRssMiB: number;
}
