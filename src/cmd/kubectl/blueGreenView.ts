import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { childSettings, gatherBlueGreenOnce } from "../../controllers/gatherBlueGreenOnce.ts";
import { readNamespace } from "../../controllers/gatherOnce.ts";
import { assumedBlueGreenStart } from "../../core/plan/blueGreen/assumedStart.ts";
import type { BlueGreenStart } from "../../core/plan/blueGreen/foresee.ts";
import { essential } from "../../views/operatorView.ts";
import { createReader } from "./clusterReader.ts";
import type { Environment } from "./environment.ts";
import type { Kubectl } from "./kubectl.ts";
import { configOf } from "./operatorView.ts";

/** What the operator sees of a FlinkBlueGreenDeployment, as far as the caller may see it. */
export interface BlueGreenView {
  /** With assumed facts, if the caller cannot see all of them. */
  readonly start: BlueGreenStart;
  /** What is missing, in words. */
  readonly remarks: readonly string[];
}

export async function viewBlueGreen(
  environment: Environment,
  kubectl: Kubectl,
  object: KubeObject,
  operatorConfig: string | undefined,
): Promise<BlueGreenView> {
  const { config, remark } = await configOf(kubectl, operatorConfig);
  const reader = createReader(kubectl, config, environment.now);
  const resource = asFlinkBlueGreenDeployment(object);
  const view = await readNamespace(reader, resource.metadata.namespace ?? "default");
  const start = await gatherBlueGreenOnce(reader, view, resource);
  const failures = (start.children ?? []).flatMap(({ facts }) => facts.flink?.lastFailure ?? []);
  const isHidden =
    view.unread.some(({ type }) => [...essential, resourceTypes.flinkDeployment].includes(type)) ||
    failures.some(({ status }) => status === 403);
  const remarks = [
    ...(remark === undefined ? [] : [remark]),
    ...view.unread.filter(({ isAbsent }) => !isAbsent).map(({ type, why }) => `${type.plural}: ${why}`),
    ...failures.map(({ message }) => `a JobManager, through the API server's proxy: ${message}`),
  ];
  return isHidden
    ? {
        start: assumedBlueGreenStart(resource, childSettings(config), environment.now()),
        remarks: [...remarks, "so both FlinkDeployments are taken to be as the status says, and healthy"],
      }
    : { start, remarks };
}
