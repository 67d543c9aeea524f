import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { goldenCases } from "../../../test/support/golden.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkVersion, PodTemplateSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { type FlinkConfig, flinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import { parseLegacyConfigFile } from "../../config/values/configFile.ts";
import { formatList, parseMapList } from "../../config/values/structured.ts";
import { inCreationOrder, nativeCluster, nativeObjects } from "./cluster.ts";
import { requireJar } from "./jar.ts";
import { jobManagerMemory, taskManagerMemory } from "./memory/memory.ts";

/**
 * What Flink's own client of two versions creates from a configuration and files. Covers more rules than the Java
 * operator's recordings. Intended differences are in `comparable` and `meant`.
 */
const folder = "flink/client";

interface Input {
  readonly mode: "application" | "session";
  readonly confFile: "config.yaml" | "flink-conf.yaml";
  readonly conf: Record<string, string>;
  readonly files: Record<string, string>;
  readonly args: readonly string[];
  readonly entryClass?: string;
}

interface Recording {
  readonly input: Input;
  readonly objects?: readonly KubeObject[];
  readonly exception?: string;
  readonly clusterSpecification?: string;
  readonly taskExecutorProcessSpec?: string;
  readonly jobManagerDynamicConfigs?: string;
}

function submitted({ mode, conf, args, entryClass }: Input): FlinkConfig {
  const config = flinkConfig({ "kubernetes.namespace": "default", ...conf });
  const target = config.with({ "execution.target": `kubernetes-${mode}` });
  if (mode === "session") return target;
  return target.with({
    [flinkOptions.programArgs.key]: formatList(args),
    [flinkOptions.mainClass.key]: entryClass,
  });
}

/** A template file that the configuration names. */
function template(input: Input, process: "jobmanager" | "taskmanager"): PodTemplateSpec | undefined {
  const path =
    input.conf[`kubernetes.pod-template-file.${process}`] ??
    input.conf["kubernetes.pod-template-file.default"];
  const file = input.files[path?.split("/").at(-1) ?? ""];
  return file === undefined ? undefined : (load(file) as PodTemplateSpec);
}

/** The version determines the file; Flink 1.20 supports both. Selects a version with the recorded one. */
function versionOf(client: string, { confFile }: Input): FlinkVersion {
  if (client === "2.3.0") return "v2_3";
  return confFile === "config.yaml" ? "v2_0" : "v1_20";
}

function build(input: Input, version: FlinkVersion): readonly KubeObject[] {
  const config = submitted(input);
  if (input.mode === "application") {
    const [jarURI] = config.get(flinkOptions.pipelineJars) ?? [];
    requireJar({ jarURI, args: [...input.args], entryClass: input.entryClass });
  }
  const [owner] = parseMapList(input.conf["kubernetes.jobmanager.owner.reference"] ?? "");
  return inCreationOrder(
    nativeObjects(
      nativeCluster({
        namespace: config.get(flinkOptions.namespace),
        version,
        config,
        programArgs: input.mode === "application" ? input.args : undefined,
        jobManagerTemplate: template(input, "jobmanager"),
        taskManagerTemplate: template(input, "taskmanager"),
        logFiles: input.files,
        owner: owner && {
          apiVersion: owner.get("apiVersion") ?? "",
          kind: owner.get("kind") ?? "",
          name: owner.get("name") ?? "",
          uid: owner.get("uid") ?? "",
          controller: owner.get("controller") === "true",
          blockOwnerDeletion: owner.get("blockOwnerDeletion") === "true",
        },
        earlierResults: [],
        deploymentAnnotations: {},
      }),
    ),
  );
}

const asRecord = (value: unknown) => (value ?? {}) as Record<string, unknown>;

const byName = (list: unknown) =>
  [...(list as { name: string }[])].sort((a, b) => a.name.localeCompare(b.name));

const parsers: Record<string, (text: string) => unknown> = {
  "config.yaml": (text) => {
    const tree = asRecord(load(text.replaceAll("@", "")));
    const { $internal: internal, ...rest } = tree;
    const { application, ...others } = asRecord(internal);
    const { "program-args": args, ...main } = asRecord(application);
    // 2.3 omits empty arguments, 1.20 writes them.
    return { ...rest, others, main, args: args ?? [] };
  },
  "flink-conf.yaml": (text) => Object.fromEntries(parseLegacyConfigFile(text)),
  "taskmanager-pod-template.yaml": (text) => load(text),
};

/** By kind and name, with parsed files, without owners and namespaces. */
const comparable = (objects: readonly KubeObject[]) =>
  Object.fromEntries(
    objects.map(({ metadata, ...object }) => {
      const { ownerReferences, namespace: _, labels = {}, ...rest } = metadata;
      const data = Object.entries((object.data ?? {}) as Record<string, string>);
      const files = data.map(([name, text]) => [name, parsers[name]?.(text) ?? text]);
      // Labels of Services are an option since 2.2; this operator sets them for all versions.
      const { il, rl, ...common } = labels;
      return [
        `${object.kind} ${metadata.name}`,
        {
          ...object,
          metadata: { ...rest, labels: common },
          spec: object.kind === "Deployment" ? comparableDeployment(object.spec) : object.spec,
          owner: object.kind === "Deployment" ? ownerReferences : [],
          data: Object.fromEntries(files),
        },
      ];
    }),
  );

/** The recorded volumes have the order of a Java HashMap. restartPolicy: what the API server accepts (NATIVE 10). */
function comparableDeployment(deployment: unknown): unknown {
  const { template, ...rest } = asRecord(deployment);
  const { spec, ...others } = asRecord(template);
  const { containers, volumes, restartPolicy, ...pod } = asRecord(spec);
  const mounted = (containers as Record<string, unknown>[]).map(({ volumeMounts = [], ...container }) => ({
    ...container,
    volumeMounts: byName(volumeMounts),
  }));
  return {
    ...rest,
    template: {
      ...others,
      spec: {
        ...pod,
        containers: mounted,
        volumes: byName(volumes),
        ...(restartPolicy === undefined ? {} : { restartPolicy: "Always" }),
      },
    },
  };
}

/** Intended differences in whether objects are created at all. */
const meant: Readonly<Record<string, string>> = {
  "2.3.0/app-no-jar": "the reference, and so the operator, asks for a jar in every version",
  "1.20.5/mem-legacy-heap":
    "1.20 with config.yaml: the old keys hold below 2.0 only, which here means flink-conf.yaml",
};

const refusals: Readonly<Record<string, { field: string; text: string }>> = {
  "app-2jm-no-ha": {
    field: "spec.jobManager.replicas",
    text: "High availability should be enabled when starting standby JobManagers",
  },
  "app-ha-factoryclass": { field: "high-availability", text: "Overlapping key prefixes" },
  "app-ha-factoryclass-only": { field: "high-availability", text: "Overlapping key prefixes" },
  "app-limitfactor-below1": {
    field: "kubernetes.jobmanager.cpu.limit-factor",
    text: "kubernetes.jobmanager.cpu.limit-factor should be greater or equal to 1",
  },
  "app-minimal": { field: "jobmanager.memory.process.size", text: "to be configured explicitly" },
  "app-no-jar": { field: "spec.job.jarURI", text: "must name the job's jar" },
  "conf-prefix-clash": { field: "env.java.opts", text: "Overlapping key prefixes" },
  "mem-legacy-heap": { field: "jobmanager.memory.process.size", text: "to be configured explicitly" },
  "mem-none": { field: "jobmanager.memory.process.size", text: "to be configured explicitly" },
  "mem-tm-too-small": {
    field: "taskmanager.memory.process.size",
    text: "TaskManager memory configuration failed: Sum of configured JVM Metaspace (256.000mb (268435456 bytes)) and JVM Overhead (192.000mb (201326592 bytes)) exceed configured Total Process Memory (400.000mb (419430400 bytes)).",
  },
  "mem-too-small": {
    field: "jobmanager.memory.process.size",
    text: "Sum of configured JVM Metaspace (256.000mb (268435456 bytes)) and JVM Overhead (192.000mb (201326592 bytes)) exceed configured Total Process Memory (300.000mb (314572800 bytes)).",
  },
  "session-minimal": { field: "jobmanager.memory.process.size", text: "to be configured explicitly" },
};

describe(`native clusters as recorded in test/golden/${folder}`, () => {
  const cases = goldenCases<Recording>(folder).map(({ version: client, name, ...recording }) => {
    const { input } = recording;
    return { client, name, input, recording, version: versionOf(client, input) };
  });
  const compared = cases.filter(({ client, name }) => meant[`${client}/${name}`] === undefined);
  const isCreated = ({ recording }: { recording: Recording }) => (recording.objects ?? []).length > 0;

  it.each(compared.filter(isCreated))("$client $name: the objects", ({ input, recording, version }) => {
    expect(comparable(build(input, version))).toEqual(comparable(recording.objects ?? []));
  });

  it.each(compared.filter((each) => !isCreated(each)))(
    "$client $name: refused",
    ({ name, input, version }) => {
      const { field, text } = refusals[name] ?? { field: "", text: "" };
      expect(() => build(input, version)).toThrow(
        expect.objectContaining({ name: "BuildError", field, message: expect.stringContaining(text) }),
      );
    },
  );

  const sized = cases.filter(({ recording }) => recording.taskExecutorProcessSpec !== undefined);

  it.each(sized)("$client $name: the memory of both processes", ({ client, input, recording }) => {
    const version = client === "2.3.0" ? "v2_3" : "v1_20";
    const config = submitted(input);
    const jobManager = jobManagerMemory(config, version);
    const taskManager = taskManagerMemory(config, version);
    const mebibytes = (bytes: bigint) => bytes >> 20n;
    expect(recording.clusterSpecification).toContain(
      `masterMemoryMB=${mebibytes(jobManager.process)}, taskManagerMemoryMB=${mebibytes(taskManager.process)},`,
    );
    expect(recording.jobManagerDynamicConfigs).toContain(
      `jobmanager.memory.heap.size=${jobManager.flink.heap}b`,
    );
    const sizes = [
      ...(recording.taskExecutorProcessSpec ?? "").matchAll(/(\w+)Size=(?:\S+ \()?(\d+) bytes/g),
    ];
    const { flink, jvmMetaspace, jvmOverhead } = taskManager;
    const { network: networkMem, managed: managedMemory, ...heaps } = flink;
    const parts = { ...heaps, networkMem, managedMemory, jvmMetaspace, jvmOverhead };
    expect(Object.fromEntries(sizes.map(([, part, bytes]) => [part, bytes]))).toEqual(
      Object.fromEntries(Object.entries(parts).map(([part, bytes]) => [part, `${bytes}`])),
    );
  });
});
