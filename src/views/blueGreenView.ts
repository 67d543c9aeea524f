import { resourceTypes } from "../api/kubernetes.ts";
import type { FlinkBlueGreenDeployment } from "../api/v1beta1/flinkbluegreendeployment.ts";
import { childSettings, gatherBlueGreenOnce } from "../controllers/gatherBlueGreenOnce.ts";
import { type Reader, readNamespace } from "../controllers/gatherOnce.ts";
import { assumedBlueGreenStart } from "../core/plan/blueGreen/assumedStart.ts";
import type { BlueGreenStart } from "../core/plan/blueGreen/foresee.ts";
import { essential } from "./operatorView.ts";

/** What the operator sees of a FlinkBlueGreenDeployment, as far as the caller may see it. */
export interface BlueGreenView {
  /** With assumed facts, if the caller cannot see all of them. */
  readonly start: BlueGreenStart;
  /** What is missing, in words. */
  readonly remarks: readonly string[];
}

const assumed: typeof assumedBlueGreenStart = (resource, ...rest) => {
  try {
    return assumedBlueGreenStart(resource, ...rest);
  } catch (error) {
    throw new Error(`FlinkBlueGreenDeployment ${resource.metadata.name}: ${(error as Error).message}`);
  }
};

/** `remark`: what is not known of the operator's configuration. */
export async function viewOfBlueGreen(
  reader: Reader,
  resource: FlinkBlueGreenDeployment,
  remark: string | undefined,
): Promise<BlueGreenView> {
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
        start: assumed(resource, childSettings(reader.config), reader.now()),
        remarks: [...remarks, "so both FlinkDeployments are taken to be as the status says, and healthy"],
      }
    : { start, remarks };
}
