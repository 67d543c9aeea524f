/** The program that waits in a new application cluster for the savepoint of the old one (docs/adr/0034, runners/gate). */

export const GATE_JAR = "flink-gate.jar";
export const GATE_CLASS = "flink.operator.gate.Gate";

/** The environment variables that it reads. */
export const gateVariables = {
  configMap: "GATE_CONFIG_MAP",
  key: "GATE_KEY",
  /** Absent: the manifest of the jar says it. */
  mainClass: "GATE_MAIN_CLASS",
  jar: "GATE_JAR",
} as const;
