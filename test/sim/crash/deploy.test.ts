import { testCrashes } from "./plans.ts";

await testCrashes("first-deploy");
await testCrashes("first-deploy-ha");
