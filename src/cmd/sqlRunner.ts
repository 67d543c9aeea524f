import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SQL_RUNNER } from "../config/jobProgram.ts";

/**
 * The jar that runs SQL scripts, in base64: it is beside the bundle, or where SQL_RUNNER_JAR says. Undefined: it was not built.
 */
export function readSqlRunner({ SQL_RUNNER_JAR }: NodeJS.ProcessEnv): string | undefined {
  const path = SQL_RUNNER_JAR ?? join(import.meta.dirname, SQL_RUNNER);
  return existsSync(path) ? readFileSync(path, "base64") : undefined;
}
