import { testCrashes } from "../disturbances.ts";

await testCrashes("first-deploy");
await testCrashes("first-deploy-ha");
