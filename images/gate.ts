/** The main class of application clusters that wait for a savepoint: one jar for all Flink versions that have it. */
import { join } from "node:path";
import { GATE_CLASS } from "../src/config/gate.ts";
import { javaJar } from "./javaJar.ts";

export function gateJar(): Promise<string> {
  return javaJar({
    name: "flink-gate",
    sources: join(import.meta.dirname, "..", "runners", "gate", "src"),
    mainClass: GATE_CLASS,
    // Official images of Flink 1.19 and 1.20 exist with Java 8.
    javaRelease: "8",
  });
}
