import {
  isSupportedFlinkVersion,
  isTestedFlinkVersion,
  testedFlinkVersionsInWords,
} from "../../api/v1beta1/common.ts";
import { autoscalerOptions } from "../../config/operatorOptions/autoscaler.ts";
import type { Reason } from "../reasons.ts";

/** A notice about a legal setting that does not do, or may not do, what the user expects. */
export interface Notice {
  readonly reason: Extract<Reason, `${string}HasNoEffect` | "FlinkVersionNotTested">;
  readonly message: string;
}

/** The notice about a version of Flink that is accepted and not tested. */
export const noticeOfVersion = (version: string | undefined): Notice | undefined =>
  isSupportedFlinkVersion(version) && !isTestedFlinkVersion(version)
    ? {
        reason: "FlinkVersionNotTested",
        message: `Flink ${version} is accepted, but this operator is not tested with it. It is tested with ${testedFlinkVersionsInWords}.`,
      }
    : undefined;

/** The notice about the autoscaler, which only the Java operator has. */
export const noticeOfAutoscaler = (isEnabled: boolean): Notice | undefined =>
  isEnabled
    ? {
        reason: "AutoscalerHasNoEffect",
        message: `${autoscalerOptions.enabled.key} has no effect: this version of the operator does not scale jobs.`,
      }
    : undefined;
