import { customCases } from "./kubeCustom.ts";
import { deletionCases } from "./kubeDeletion.ts";
import { readCases } from "./kubeReads.ts";
import type { KubeCase } from "./kubeTarget.ts";
import { writeCases } from "./kubeWrites.ts";

export type { KubeCase, KubeTarget } from "./kubeTarget.ts";

/** The behaviour that the operator relies on, tested on the simulated and on a real API server. */
export const kubeApiCases: KubeCase[] = [...writeCases, ...deletionCases, ...readCases, ...customCases];
