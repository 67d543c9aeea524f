import {
  isSupportedFlinkVersion,
  isTestedFlinkVersion,
  testedFlinkVersionsInWords,
} from "../../api/v1beta1/common.ts";
import { autoscalerOptions } from "../../config/operatorOptions/autoscaler.ts";
import type { Reason } from "../reasons.ts";

/** What is legal and does not do, or need not do, what whoever wrote it expects. */
export interface Notice {
  readonly reason: Extract<Reason, `${string}HasNoEffect` | "FlinkVersionNotTested">;
  readonly message: string;
}

/** Of a version of Flink that is accepted, for it may work. */
export const noticeOfVersion = (version: string | undefined): Notice | undefined =>
  isSupportedFlinkVersion(version) && !isTestedFlinkVersion(version)
    ? {
        reason: "FlinkVersionNotTested",
        message: `Flink ${version} is accepted, but this operator is not tested with it: tested are ${testedFlinkVersionsInWords}.`,
      }
    : undefined;

/** Of the autoscaler, which the Java operator has. */
export const noticeOfAutoscaler = (isEnabled: boolean): Notice | undefined =>
  isEnabled
    ? {
        reason: "AutoscalerHasNoEffect",
        message: `${autoscalerOptions.enabled.key} has no effect: this version of the operator does not scale jobs by itself.`,
      }
    : undefined;

export const blueGreenNotice: Notice = {
  reason: "BlueGreenHasNoEffect",
  message:
    "The FlinkBlueGreenDeployment has no effect: this version of the operator checks it, and does not deploy it.",
};
