import { flinkOptions } from "../../../src/config/flinkOptions.ts";
import { operatorOptions } from "../../../src/config/operatorOptions.ts";
import type { Option } from "../../../src/config/option.ts";
import type { TestValue } from "./values.ts";

/** The configuration keys to edit: every declared option that a resource can set, and some of Flink's own. */

interface Key {
  readonly key: string;
  /** The name of the option's type (src/config/option.ts). */
  readonly type: string;
}

/** These need a ConfigMap and a directory of the image, which the simulation does not have. */
const notSimulated = ["kubernetes.hadoop.conf.config-map.name", "kubernetes.flink.conf.dir"];

const declared: readonly Key[] = [...Object.values(operatorOptions), ...Object.values(flinkOptions)]
  .filter(({ scope, key }: Option<unknown>) => scope !== "operator" && !notSimulated.includes(key))
  .map(({ key, type }: Option<unknown>) => ({ key, type: type.name }));

const memory = ["jobmanager", "taskmanager"].flatMap((process) =>
  ["process.size", "flink.size", "jvm-metaspace.size", "jvm-overhead.min", "jvm-overhead.max"].map(
    (size) => ({
      key: `${process}.memory.${size}`,
      type: "MemorySize",
    }),
  ),
);

const undeclared: readonly Key[] = [
  ...memory,
  { key: "jobmanager.memory.heap.size", type: "MemorySize" },
  { key: "taskmanager.memory.task.heap.size", type: "MemorySize" },
  { key: "taskmanager.memory.managed.size", type: "MemorySize" },
  { key: "taskmanager.memory.network.fraction", type: "Float" },
  { key: "taskmanager.memory.managed.fraction", type: "Float" },
  { key: "jobmanager.memory.jvm-overhead.fraction", type: "Float" },
  { key: "state.checkpoints.dir", type: "String" },
  { key: "state.savepoints.dir", type: "String" },
  { key: "high-availability", type: "String" },
  { key: "env.java.opts.all", type: "String" },
  { key: "metrics.reporters", type: "String" },
  { key: "containerized.master.env.MODE", type: "String" },
  { key: "containerized.master.env.1 MODE", type: "String" },
  { key: "job.autoscaler.enabled", type: "Boolean" },
  { key: "job.autoscaler.metrics.window", type: "Duration" },
  { key: "a key with blanks", type: "String" },
  { key: "größe", type: "String" },
];

export const configurationKeys: readonly Key[] = [
  ...new Map([...declared, ...undeclared].map((key) => [key.key, key])).values(),
].sort((a, b) => (a.key < b.key ? -1 : 1));

const good: Readonly<Record<string, readonly unknown[]>> = {
  String: ["file:///data/other"],
  Boolean: ["true", "false", true, false],
  Integer: ["3", 3],
  Double: ["1.5", 1.5],
  Float: ["0.2", 0.2],
  Duration: ["7 min", "20s", "PT1M"],
  MemorySize: ["1800m", "2 gb"],
  List: ["a;b"],
  Map: ["a:1,b:2", { a: "1" }],
  "List<Map>": ["key:a,operator:Exists"],
};

const edges: Readonly<Record<string, readonly unknown[]>> = {
  String: ["x".repeat(5_000), "größe-データ-🚀", "a: b # c", "a\nb: c", "null"],
  Boolean: ["yes", "TRUE ", "0", 1],
  Integer: ["0", "-1", "2147483648", "1.5", "seven", " 3 "],
  Double: ["0", "-1", "1e400", "NaN", "one"],
  Float: ["0", "-1", "2", "NaN", "one"],
  Duration: ["0", "-1 s", "7 parsecs", "soon", "99999999999999 d", " 5 s "],
  MemorySize: ["0", "-1m", "1 elephant", "1Gi", "1024", "999999999 tb", "lots"],
  List: [";", "'a", "a;;b"],
  Map: ["a", "a:1,", "a:1,a:2", ":", "a b:ü"],
  "List<Map>": ["key", "key:a;", "key:a,operator:Never", "env:A,secret:b"],
};

/** The type of an enum option is the list of its words. */
export const testValuesOfKey = ({ type }: Key): TestValue[] => {
  const words = type.includes(" | ") ? type.split(" | ") : undefined;
  const valid = words ?? good[type] ?? ["7"];
  const extreme = words ? ["nonsense", words[0]?.toLowerCase()] : (edges[type] ?? []);
  return [
    ...valid.map((value) => ({ kind: "change" as const, value })),
    ...["", " ", ...extreme].map((value) => ({ kind: "extreme" as const, value })),
    ...[["a", "b"], { nested: { deeper: "x" } }].map((value) => ({ kind: "wrong type" as const, value })),
  ];
};
