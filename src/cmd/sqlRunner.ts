import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GATE_JAR } from "../config/gate.ts";
import { SQL_RUNNER } from "../config/jobProgram.ts";

/** The jar of the gate of warm upgrades, in base64, from where the one below is. */
export const readGate = ({
  GATE_JAR: path = besideBundle(GATE_JAR),
}: NodeJS.ProcessEnv): string | undefined => (existsSync(path) ? readFileSync(path, "base64") : undefined);

const besideBundle = (name: string): string => join(import.meta.dirname, name);

/**
 * The jar that runs SQL scripts, in base64: it is beside the bundle, or where SQL_RUNNER_JAR says. Undefined: it was not built.
 */
export function readSqlRunner({ SQL_RUNNER_JAR }: NodeJS.ProcessEnv): string | undefined {
  const path = SQL_RUNNER_JAR ?? besideBundle(SQL_RUNNER);
  return existsSync(path) ? readFileSync(path, "base64") : undefined;
}
