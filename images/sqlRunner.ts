/** The program that runs an SQL script as a Flink job: one jar for all supported Flink versions. */
import { join } from "node:path";
import { SQL_RUNNER, SQL_RUNNER_CLASS } from "../src/config/jobProgram.ts";
import { javaJar } from "./javaJar.ts";

/** Its name in the operator's image, beside the bundle. */
export const sqlRunnerFile = SQL_RUNNER;
export const sqlRunnerClass = SQL_RUNNER_CLASS;

export function sqlRunnerJar(): Promise<string> {
  return javaJar({
    name: "flink-sql-runner",
    sources: join(import.meta.dirname, "..", "runners", "sql", "src"),
    mainClass: sqlRunnerClass,
    // Official images of Flink 1.16 to 1.18 exist with Java 8.
    javaRelease: "8",
  });
}
