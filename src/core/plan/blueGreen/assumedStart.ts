import {
  type Color,
  type FlinkBlueGreenDeployment,
  templateSpecOf,
} from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { buildChild } from "../../flinkbluegreendeployment/child.ts";
import type { ChildFacts } from "../../flinkbluegreendeployment/facts.ts";
import { colorOf } from "../../flinkbluegreendeployment/situation.ts";
import { readStoredSpec } from "../../flinkbluegreendeployment/storedSpec.ts";
import type { BlueGreenStart } from "./foresee.ts";
import { type SettingsOfChild, settledChild } from "./succeed.ts";

/**
 * The start of a plan for those who cannot see the cluster: what the status calls active is there and healthy, and nothing else is. The
 * spec is valid. Throws for a status that cannot be read.
 */
export function assumedBlueGreenStart(
  resource: FlinkBlueGreenDeployment,
  settingsOf: SettingsOfChild,
  now: number,
): BlueGreenStart {
  const { blueGreenState: state = "INITIALIZING_BLUE" } = resource.status ?? {};
  const reconciled = readStoredSpec(resource.status?.lastReconciledSpec);
  const children: Partial<Record<Color, ChildFacts>> = {};
  if (reconciled !== undefined && state !== "INITIALIZING_BLUE") {
    const color = colorOf(state);
    const template = templateSpecOf(reconciled);
    const parent = { ...resource, spec: reconciled };
    const built = asFlinkDeployment(buildChild(parent, color, template.job?.initialSavepointPath));
    const child = {
      ...built,
      metadata: { ...built.metadata, uid: `assumed-${color}`, generation: 1 },
      status: { reconciliationStatus: { lastReconciledSpec: "" } },
    };
    children[color] = settledChild(child, settingsOf(built), now);
  }
  return {
    resource,
    facts: {
      children,
      strangers: {},
      operation: undefined,
      unsent: undefined,
      routes: undefined,
      invalid: undefined,
      keepsStateOnDeletion: false,
    },
    now,
    validityOf: () => ({ invalid: undefined, keepsStateOnDeletion: false }),
    settingsOf,
    assumed: true,
  };
}
