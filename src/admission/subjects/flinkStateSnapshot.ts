import { resourceTypes } from "../../api/kubernetes.ts";
import {
  type FlinkStateSnapshotSpec,
  flinkStateSnapshot,
  type jobKinds,
} from "../../api/v1beta1/flinkstatesnapshot.ts";
import { validateManifest } from "../../core/validate/manifest.ts";
import type { Subject } from "../subject.ts";

const jobTypes = [resourceTypes.flinkDeployment, resourceTypes.flinkSessionJob] as const satisfies readonly {
  readonly kind: (typeof jobKinds)[number];
}[];

export const flinkStateSnapshotSubject: Subject = {
  type: resourceTypes.flinkStateSnapshot,
  targetOf({ metadata: { namespace = "default" }, spec }) {
    const { kind, name } = (spec as FlinkStateSnapshotSpec | undefined)?.jobReference ?? {};
    const type = jobTypes.find((each) => each.kind === kind);
    return type !== undefined && typeof name === "string" && name !== ""
      ? { type, namespace, name }
      : undefined;
  },
  judge: ({ object }) => ({ errors: validateManifest(flinkStateSnapshot, object), warnings: [] }),
};
