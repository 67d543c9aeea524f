import { testCrashes } from "./plans.ts";

await testCrashes("suspend-savepoint");
await testCrashes("suspend-last-state");
