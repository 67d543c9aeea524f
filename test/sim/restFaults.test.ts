import { testRestFaults } from "./disturbances.ts";

await testRestFaults();
