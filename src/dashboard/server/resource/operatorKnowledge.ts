import type { KubeObject } from "../../../api/kubernetes.ts";
import { asFlinkBlueGreenDeployment } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { emptyConfig } from "../../../config/flinkConfig.ts";
import { type Reader, readNamespace } from "../../../controllers/gatherOnce.ts";
import { flinkRestOver } from "../../../flink/client.ts";
import { type BlueGreenView, viewOfBlueGreen } from "../../../views/blueGreenView.ts";
import { type OperatorView, viewOf } from "../../../views/operatorView.ts";
import type { Caller } from "../callers.ts";
import { flinkGet } from "./flinkRest.ts";

/** The reads of the operator, with the caller's credential. */
const readerFor = (caller: Caller, now: () => number): Reader => ({
  kube: caller.kube,
  config: caller.cluster.operatorConfig?.() ?? emptyConfig,
  now,
  flinkOf: (namespace, clusterId) =>
    flinkRestOver({ send: (_, { path }) => flinkGet(caller, namespace, clusterId)(path) }),
});

/** What the operator sees of a FlinkDeployment or FlinkSessionJob, as far as the caller may see it. */
export async function viewAsOperator(
  caller: Caller,
  resource: KubeObject,
  now: () => number,
): Promise<OperatorView> {
  const reader = readerFor(caller, now);
  const view = await readNamespace(reader, resource.metadata.namespace ?? "");
  return viewOf(reader, view, resource, remarkFor(caller));
}

/** The same of a FlinkBlueGreenDeployment. */
export const viewBlueGreenAsOperator = (
  caller: Caller,
  resource: KubeObject,
  now: () => number,
): Promise<BlueGreenView> =>
  viewOfBlueGreen(readerFor(caller, now), asFlinkBlueGreenDeployment(resource), remarkFor(caller));

const remarkFor = ({ cluster }: Caller): string | undefined =>
  cluster.operatorConfig === undefined
    ? "the operator's configuration is not known here: its defaults are assumed"
    : undefined;
