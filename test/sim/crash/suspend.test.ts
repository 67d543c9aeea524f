import { testCrashes } from "../disturbances.ts";

await testCrashes("suspend-savepoint");
await testCrashes("suspend-last-state");
