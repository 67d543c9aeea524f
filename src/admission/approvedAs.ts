import type { ObjectMeta } from "../api/kubernetes.ts";
import { BLUE_GREEN_LABEL } from "../api/v1beta1/names.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";

/** The name by which an edit of the resource is approved. Undefined: none needs approval. */
export const approvedAs = ({ name, labels }: ObjectMeta, config: FlinkConfig): string | undefined =>
  config.get(operatorOptions.upgradeApproval) === "manual" && labels?.[BLUE_GREEN_LABEL] === undefined
    ? name
    : undefined;
