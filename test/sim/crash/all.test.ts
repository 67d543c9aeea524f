import { testCrashes } from "../disturbances.ts";
import { workloads } from "../workloads/all.ts";

for (const { name } of workloads) await testCrashes(name);
