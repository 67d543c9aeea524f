import { resourceTypes } from "../../api/kubernetes.ts";
import {
  type FlinkSessionJobSpec,
  flinkSessionJob,
  flinkSessionJobSpec,
} from "../../api/v1beta1/flinksessionjob.ts";
import { validateManifest } from "../../core/validate/manifest.ts";
import { warnOfDeprecated } from "../../core/warn/warnOfDeprecated.ts";
import { warnOfRestart } from "../../core/warn/warnOfRestart.ts";
import { deployedSpec } from "../deployed.ts";
import type { Subject } from "../subject.ts";

const type = flinkSessionJobSpec;

export const flinkSessionJobSubject: Subject = {
  type: resourceTypes.flinkSessionJob,
  targetOf({ metadata: { namespace = "default" }, spec }) {
    const name = (spec as FlinkSessionJobSpec | undefined)?.deploymentName;
    return typeof name === "string" && name !== ""
      ? { type: resourceTypes.flinkDeployment, namespace, name }
      : undefined;
  },
  judge({ object, lastReconciledSpec, target }) {
    const errors = validateManifest(flinkSessionJob, object);
    if (errors.length > 0) return { errors, warnings: [] };
    const spec = (object.spec ?? {}) as FlinkSessionJobSpec;
    const deployed = deployedSpec<FlinkSessionJobSpec>(lastReconciledSpec, type);
    const mode = typeof target === "object" && isStandalone(target.spec) ? "standalone" : "native";
    const restart = deployed && warnOfRestart({ deployed, wanted: spec, type, mode });
    return { errors: [], warnings: [...(restart ? [restart] : []), ...warnOfDeprecated(spec, type)] };
  },
};

const isStandalone = (spec: unknown): boolean =>
  (spec as { mode?: unknown } | undefined)?.mode === "standalone";
