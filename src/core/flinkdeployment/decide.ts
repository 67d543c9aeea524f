import { decide, type Input, type Procedure } from "../job/decide.ts";
import type { Decision } from "../job/model/decision.ts";
import { flinkDeploymentKind } from "../job/model/resourceKind.ts";
import { decideDeletion } from "./deletion.ts";
import { decideIngress } from "./ingress.ts";
import { stepsFor } from "./steps.ts";

const flinkDeployments: Procedure = { kind: flinkDeploymentKind, stepsFor, decideDeletion, decideIngress };

/** Decides one reconcile of a FlinkDeployment: an application or a session cluster. */
export const decideFlinkDeployment = (input: Input): Decision => decide(input, flinkDeployments);
