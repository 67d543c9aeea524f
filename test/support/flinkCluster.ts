import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flinkDistribution } from "../../images/distribution.ts";
import type { FlinkRelease } from "../../images/versions.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./operatorProcess.ts";

/** A real session cluster on the loopback address: a JobManager and a TaskManager, without Kubernetes. */
export interface FlinkCluster {
  readonly port: number;
  /** What both have logged. */
  log(): string;
  close(): Promise<void>;
}

/** Resolves once the JobManager has the slots of the TaskManager. */
export async function startFlinkCluster(
  release: FlinkRelease,
  slots: number,
  config: Readonly<Record<string, string>>,
): Promise<FlinkCluster> {
  const home = await flinkDistribution(release);
  const folder = mkdtempSync(join(tmpdir(), "flink-"));
  const port = await freePort();
  const options = {
    "jobmanager.rpc.address": "127.0.0.1",
    "jobmanager.rpc.port": String(await freePort()),
    "jobmanager.bind-host": "127.0.0.1",
    "rest.address": "127.0.0.1",
    "rest.bind-address": "127.0.0.1",
    "rest.port": String(port),
    "taskmanager.bind-host": "127.0.0.1",
    "taskmanager.host": "127.0.0.1",
    "taskmanager.numberOfTaskSlots": String(slots),
    // What Flink's scripts compute otherwise.
    "taskmanager.cpu.cores": "1",
    "taskmanager.memory.framework.heap.size": "64m",
    "taskmanager.memory.framework.off-heap.size": "64m",
    "taskmanager.memory.task.heap.size": "128m",
    "taskmanager.memory.task.off-heap.size": "0",
    "taskmanager.memory.managed.size": "16m",
    "taskmanager.memory.network.min": "16m",
    "taskmanager.memory.network.max": "16m",
    "taskmanager.memory.jvm-metaspace.size": "128m",
    "taskmanager.memory.jvm-overhead.min": "64m",
    "taskmanager.memory.jvm-overhead.max": "64m",
    "io.tmp.dirs": join(folder, "tmp"),
    "web.tmpdir": join(folder, "tmp"),
    ...config,
  };
  mkdirSync(join(folder, "tmp"));
  const lines = Object.entries(options).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  writeFileSync(join(folder, "config.yaml"), lines.join(""));
  writeFileSync(
    join(folder, "log4j.properties"),
    `rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
appender.console.name = console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss,SSS} %p %m%n
`,
  );
  const logs = ["jobmanager", "taskmanager"].map((name) => join(folder, `${name}.log`));
  const mains = ["entrypoint.StandaloneSessionClusterEntrypoint", "taskexecutor.TaskManagerRunner"];
  const processes = mains.map((main, index) => startJava(home, folder, main, logs[index] ?? ""));
  const log = () => logs.map((path) => readFileSync(path, "utf8")).join("\n");
  const close = async () => {
    await Promise.all(processes.map(end));
  };
  try {
    await eventually(
      "the JobManager has the slots of the TaskManager",
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/overview`);
        const overview = (await answer.json()) as { "slots-available"?: number };
        return overview["slots-available"] === slots;
      },
      60_000,
    );
  } catch (error) {
    await close();
    throw new Error(`Flink did not start:\n${log().slice(-4_000)}`, { cause: error });
  }
  return { port, log, close };
}

function startJava(home: string, folder: string, main: string, log: string): ChildProcess {
  const opened = ["java.base/java.util", "java.base/java.lang", "java.base/java.time"];
  const output = openSync(log, "w");
  const args = [
    ...opened.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    "-Xmx256m",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    `-Dlog4j.configurationFile=${join(folder, "log4j.properties")}`,
    "-cp",
    join(home, "lib", "*"),
    `org.apache.flink.runtime.${main}`,
    "--configDir",
    folder,
  ];
  return spawn("java", args, {
    stdio: ["ignore", output, output],
    env: { ...process.env, FLINK_CONF_DIR: folder },
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
