import type { KubeObject } from "../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { type BlueGreenView, viewOfBlueGreen } from "../../views/blueGreenView.ts";
import { createReader } from "./clusterReader.ts";
import type { Environment } from "./environment.ts";
import type { Kubectl } from "./kubectl.ts";
import { configOf } from "./operatorView.ts";

/** What the operator sees of a FlinkBlueGreenDeployment, as far as the caller may see it. */
export async function viewBlueGreen(
  environment: Environment,
  kubectl: Kubectl,
  object: KubeObject,
  operatorConfig: string | undefined,
): Promise<BlueGreenView> {
  const { config, remark } = await configOf(kubectl, operatorConfig);
  const reader = createReader(kubectl, config, environment.now);
  return viewOfBlueGreen(reader, asFlinkBlueGreenDeployment(object), remark);
}
