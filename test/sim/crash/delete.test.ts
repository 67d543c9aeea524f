import { testCrashes } from "../disturbances.ts";

await testCrashes("delete-running");
await testCrashes("delete-suspended");
await testCrashes("delete-never-started");
