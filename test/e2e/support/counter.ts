import type { KubeObject } from "../../../src/api/kubernetes.ts";
import type { FlinkDeploymentSpec } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { API_VERSION, MAIN_CONTAINER } from "../../../src/api/v1beta1/names.ts";
import { merge, type Patch } from "./merge.ts";
import type { Flink } from "./versions.ts";

/** Where the job sees the namespace's directory of this machine. */
export const DATA = "/flink-data";

/** The arguments of examples/jobs/counter. */
export interface CounterOptions {
  rate?: number;
  /** A file below the namespace's directory: numbers a second, from then on when it is there. */
  rateFile?: string;
  /** Below the namespace's directory: a name of its own for each start keeps the last count of the one before. */
  output?: string;
  slowCheckpoint?: number;
  workMillis?: number;
  extraOperator?: boolean;
}

export function counterArgs(options: CounterOptions): string[] {
  const { rate = 20, rateFile, output, slowCheckpoint, workMillis, extraOperator } = options;
  const args = ["--rate", String(rate)];
  if (rateFile !== undefined) args.push("--rate-file", `${DATA}/${rateFile}`);
  if (output !== undefined) args.push("--output", `${DATA}/${output}`);
  if (slowCheckpoint !== undefined) args.push("--slow-checkpoint", String(slowCheckpoint));
  if (workMillis !== undefined) args.push("--work-millis", String(workMillis));
  if (extraOperator !== undefined) args.push("--extra-operator", String(extraOperator));
  return args;
}

export type SpecPatch = Patch<FlinkDeploymentSpec>;

/**
 * A FlinkDeployment of the sample job: small, checkpointing every second, with Kubernetes HA, its files in
 * `directory` of this machine. `change` is merged in as a JSON merge patch would be.
 */
export function aCounter(
  flink: Flink,
  directory: string,
  { name = "counter", change = {} }: { name?: string; change?: SpecPatch } = {},
): KubeObject {
  const spec: FlinkDeploymentSpec = {
    image: flink.image,
    flinkVersion: flink.flinkVersion,
    serviceAccount: "flink",
    flinkConfiguration: {
      "taskmanager.numberOfTaskSlots": "1",
      "execution.checkpointing.interval": "1 s",
      [checkpointsKey(flink)]: `file://${DATA}/checkpoints`,
      [savepointsKey(flink)]: `file://${DATA}/savepoints`,
      "high-availability.type": "kubernetes",
      "high-availability.storageDir": `file://${DATA}/ha`,
      // A gauge is to be read as soon as it is there.
      "metrics.fetcher.update-interval": "500",
      // What lives for minutes is not worth compiling twice: half the processor time until the job runs.
      "env.java.opts.all": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
      // Six scenarios have to fit on two cores, and a JVM starts much faster when it may use both for a while.
      "kubernetes.jobmanager.cpu.limit-factor": "40",
      "kubernetes.taskmanager.cpu.limit-factor": "40",
    },
    podTemplate: {
      spec: {
        containers: [{ name: MAIN_CONTAINER, volumeMounts: [{ name: "data", mountPath: DATA }] }],
        volumes: [{ name: "data", hostPath: { path: directory, type: "Directory" } }],
      },
    },
    jobManager: { resource: { cpu: 0.05, memory: "896m" } },
    taskManager: { resource: { cpu: 0.05, memory: "1024m" } },
    job: {
      jarURI: "local:///opt/flink/usrlib/counter.jar",
      args: counterArgs({}),
      parallelism: 1,
      upgradeMode: "stateless",
    },
  };
  return { apiVersion: API_VERSION, kind: "FlinkDeployment", metadata: { name }, spec: merge(spec, change) };
}

/** Flink 2 dropped the names that 1.x has for these. */
const checkpointsKey = ({ version }: Flink) =>
  version === "1.20" ? "state.checkpoints.dir" : "execution.checkpointing.dir";
const savepointsKey = ({ version }: Flink) =>
  version === "1.20" ? "state.savepoints.dir" : "execution.checkpointing.savepoint-dir";
