import type { KindDeclaration } from "../declaration.ts";
import { flinkBlueGreenDeployment } from "./flinkbluegreendeployment.ts";
import { flinkDeployment } from "./flinkdeployment.ts";
import { flinkSessionJob } from "./flinksessionjob.ts";
import { flinkStateSnapshot } from "./flinkstatesnapshot.ts";

/** Every kind that this operator defines. */
export const kinds: readonly KindDeclaration[] = [
  flinkDeployment,
  flinkSessionJob,
  flinkStateSnapshot,
  flinkBlueGreenDeployment,
];
