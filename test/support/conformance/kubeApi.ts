import { customCases } from "./kubeCustom.ts";
import { deletionCases } from "./kubeDeletion.ts";
import { readCases } from "./kubeReads.ts";
import type { KubeCase } from "./kubeTarget.ts";
import { writeCases } from "./kubeWrites.ts";

export type { KubeCase, KubeTarget } from "./kubeTarget.ts";

/** What the operator relies on, checked the same way on the simulated and on the real API server. */
export const kubeApiCases: KubeCase[] = [...writeCases, ...deletionCases, ...readCases, ...customCases];
