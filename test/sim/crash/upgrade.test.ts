import { testCrashes } from "../disturbances.ts";

await testCrashes("upgrade-stateless");
await testCrashes("upgrade-savepoint");
await testCrashes("upgrade-savepoint-without-ha");
await testCrashes("upgrade-last-state");
await testCrashes("upgrade-last-state-by-cancel");
