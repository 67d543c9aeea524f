import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { asFlinkDeployment, type FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "../../config/effectiveConfig.ts";
import { emptyConfig } from "../../config/flinkConfig.ts";
import { deriveLaunchId } from "../ids.ts";
import { buildFlinkDeployment } from "./cluster.ts";
import { cleaningCommand } from "./resultCleaner.ts";
import { hasLocalResults, localResultStores } from "./resultStores.ts";

const [first, second, third] = [1, 2, 3].map((at) => deriveLaunchId("uid", "job", at)) as [
  string,
  string,
  string,
];

describe("the result stores of launches", () => {
  const config = (storageDir: string, more = {}) =>
    emptyConfig.with({
      "kubernetes.cluster-id": "demo",
      "high-availability.storageDir": storageDir,
      ...more,
    });
  const demo = ["job", "application"].map((of) => `/data/ha/${of}-result-store/demo/${first}`);

  it.each(["file:///data/ha", "file:/data/ha", "/data/ha", "file:///data//ha/"])("are at %s", (uri) => {
    expect(localResultStores(config(uri), [first])).toEqual(demo);
  });

  it.each(["s3://bucket/ha", "hdfs:///ha", "file://host/data/ha", "file:///data/../ha", "file:///a b", "ha"])(
    "are not searched in %s",
    (uri) => {
      expect(localResultStores(config(uri), [first])).toEqual([]);
      expect(hasLocalResults(config(uri))).toBe(false);
    },
  );

  it("are remote if the default file system for paths without a scheme is remote", () => {
    const elsewhere = { "fs.default-scheme": "s3://bucket" };
    expect(localResultStores(config("/data/ha", elsewhere), [first])).toEqual([]);
    expect(localResultStores(config("file:///data/ha", elsewhere), [first])).toEqual(demo);
  });

  it("have launch ids, and other names are ignored", () => {
    expect(localResultStores(config("/data/ha"), ["..", "", "*", `${first}/..`, "x"])).toEqual([]);
  });
});

const mounted = (source: object) => ({
  spec: {
    containers: [
      {
        name: "flink-main-container",
        securityContext: { runAsUser: 9999 },
        volumeMounts: [
          { name: "data", mountPath: "/data" },
          { name: "other", mountPath: "/data/h" },
        ],
      },
    ],
    volumes: [
      { name: "data", ...source },
      { name: "other", emptyDir: {} },
    ],
  },
});

const spec: FlinkDeploymentSpec = {
  flinkVersion: "v2_3",
  image: "flink:2.3",
  serviceAccount: "flink",
  flinkConfiguration: {
    "high-availability.type": "kubernetes",
    "high-availability.storageDir": "file:///data/ha",
  },
  jobManager: { resource: { memory: "1g", cpu: 1 } },
  taskManager: { resource: { memory: "1g", cpu: 1 } },
  podTemplate: mounted({ persistentVolumeClaim: { claimName: "data" } }),
  job: { jarURI: "local:///opt/job.jar", parallelism: 1 },
};

describe("the JobManager's container of a later launch", () => {
  interface Pod {
    readonly spec: {
      readonly initContainers?: readonly unknown[];
      readonly containers: readonly {
        readonly command: readonly string[];
        readonly args: readonly string[];
      }[];
    };
  }

  function podOf(changed: FlinkDeploymentSpec = {}, earlierLaunches: readonly string[] = [first, second]) {
    const resource = asFlinkDeployment({ metadata: { name: "demo" }, spec: { ...spec, ...changed } });
    const { deployment } = buildFlinkDeployment({
      resource,
      config: deployConfig({ operatorConfig: emptyConfig, resource }),
      jobId: "0".repeat(32),
      launchId: third,
      restore: { kind: "none" },
      earlierLaunches,
    });
    return ((deployment as KubeObject).spec as { readonly template: Pod }).template.spec;
  }

  const commandOf = (...input: Parameters<typeof podOf>) => podOf(...input).containers[0]?.command ?? [];
  const entryPath = ["/docker-entrypoint.sh"];

  it.each(["native", "standalone"] as const)("removes the results of earlier ones first (%s)", (mode) => {
    const pod = podOf({ mode });
    expect(pod.containers[0]?.command.slice(4)).toEqual([
      `/data/ha/job-result-store/demo/${first}`,
      `/data/ha/application-result-store/demo/${first}`,
      `/data/ha/job-result-store/demo/${second}`,
      `/data/ha/application-result-store/demo/${second}`,
      "--",
      ...entryPath,
    ]);
    expect(pod.containers[0]?.args).toEqual(podOf({ mode }, []).containers[0]?.args);
    expect(pod.initContainers).toBeUndefined();
  });

  it("keeps the entry path of the user", () => {
    const flinkConfiguration = {
      ...(spec.flinkConfiguration as object),
      "kubernetes.entry.path": "/opt/start",
    };
    expect(commandOf({ flinkConfiguration }).slice(-2)).toEqual(["--", "/opt/start"]);
  });

  it("never removes its own, and has the command of the reference if there is nothing to remove", () => {
    expect(commandOf({}, [third])).toEqual(entryPath);
    expect(commandOf({}, [])).toEqual(entryPath);
  });

  it.each<[string, FlinkDeploymentSpec]>([
    ["that is deleted with the pod", { podTemplate: mounted({ emptyDir: {} }) }],
    ["that is not mounted", { podTemplate: undefined }],
    [
      "with the cleanup disabled",
      {
        flinkConfiguration: {
          ...(spec.flinkConfiguration as object),
          "kubernetes.operator.job-result-store.cleanup.enabled": "false",
        },
      },
    ],
  ])("removes nothing in a directory %s", (_, changed) => {
    expect(commandOf(changed)).toEqual(entryPath);
  });
});

describe("the command that removes results", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "results-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function run(stores: readonly string[], then: readonly string[]) {
    const [program = "", ...args] = cleaningCommand(stores, then);
    const { stdout, status } = spawnSync(program, args, { encoding: "utf8" });
    return { stdout, status };
  }

  it("removes what it is given, and nothing else", () => {
    for (const name of ["earlier", "other"]) mkdirSync(join(directory, name, "dirty"), { recursive: true });
    const earlier = join(directory, "earlier");
    expect(run([earlier], ["echo", "started", "--", "a b"])).toEqual({
      stdout: `Removed the results of an earlier launch: ${earlier}\nstarted -- a b\n`,
      status: 0,
    });
    expect(readdirSync(directory)).toEqual(["other"]);
  });

  it("goes on where a directory cannot be removed", () => {
    const tooLong = join(directory, "a".repeat(300));
    const { stdout, status } = run([tooLong], ["bash", "-c", "exit 7"]);
    expect(stdout).toBe(`Could not remove the results of an earlier launch: ${tooLong}\n`);
    expect(status).toBe(7);
  });

  it("removes the same after a restart of the container, and never what the job has left since", () => {
    const [earlier, own] = ["earlier", "own"].map((name) => join(directory, name)) as [string, string];
    const job = ["bash", "-c", `mkdir -p ${own} ${earlier}`];
    for (let starts = 0; starts < 2; starts++) expect(run([earlier], job).status).toBe(0);
    expect(run([earlier], ["true"]).status).toBe(0);
    expect(readdirSync(directory)).toEqual(["own"]);
  });

  it("does not become the process where the pod is deleted meanwhile", async () => {
    const slow = join(directory, "rm");
    writeFileSync(slow, "#!/bin/bash\necho removing >&2\nsleep 0.5\n", { mode: 0o755 });
    const [program = "", ...args] = cleaningCommand(["/absent"], ["echo", "started"]);
    const env = { PATH: `${directory}:${process.env.PATH}` };
    // Where its input is a socket, bash reads its user's start-up files.
    const cleaner = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    cleaner.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    cleaner.stderr.once("data", () => cleaner.kill("SIGTERM"));
    const [code] = await once(cleaner, "exit");
    expect(code).toBe(143);
    expect(output).not.toContain("started");
  });

  it("becomes the process, which receives the signals of the container", () => {
    const { stdout } = run([join(directory, "absent")], ["bash", "-c", "echo $PPID"]);
    expect(stdout.trim().split("\n").at(-1)).toBe(String(process.pid));
  });
});
