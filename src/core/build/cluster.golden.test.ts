import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { goldenCases } from "../../../test/support/golden.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { LAUNCH_ID_ANNOTATION } from "../../api/v1beta1/names.ts";
import { deployConfig } from "../../config/effectiveConfig.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { parseLegacyConfigFile } from "../../config/values/configFile.ts";
import { type BuildInput, buildFlinkDeployment, inCreationOrder, submittedConfig } from "./cluster.ts";
import { lastStateDummyPath, type Restore } from "./config/launchConfig.ts";

/** The objects that the Java operator submits for a resource, in both modes. */
const folder = "java-operator/objects";

interface Input {
  readonly cr: KubeObject;
  readonly defaultConfig: Record<string, string>;
  readonly savepoint?: string;
}

interface Recording {
  readonly input: Input;
  readonly deployConfigBeforeSubmit: Record<string, string>;
  readonly objects: readonly KubeObject[];
  readonly exceptionDuringOrAfterDeploy?: string;
}

const cases = new Map(
  goldenCases<Recording>(folder).map((recording) => [`${recording.version}-${recording.name}`, recording]),
);
const recordings = [...cases.keys()];

/** Fixed values in the recordings. */
const jobId = "deadbeef".repeat(4);
const launchId = "00000000-0000-0000-0000-000000000000";

function restoreOf(savepoint: string | undefined): Restore {
  if (savepoint === undefined) return { kind: "none" };
  return savepoint === lastStateDummyPath ? { kind: "last-state" } : { kind: "savepoint", path: savepoint };
}

function buildInput({ cr, defaultConfig, savepoint }: Input): BuildInput {
  const resource = asFlinkDeployment(cr);
  const config = deployConfig({ operatorConfig: flinkConfig(defaultConfig), resource });
  return { resource, config, jobId, launchId, restore: restoreOf(savepoint) };
}

const parsers: Record<string, (text: string) => unknown> = {
  "config.yaml": (text) => load(text),
  "flink-conf.yaml": (text) => Object.fromEntries(parseLegacyConfigFile(text)),
  "taskmanager-pod-template.yaml": (text) => load(text),
};

/**
 * Repairs objects of the reference that the API server would reject (NATIVE 10), by the suffix of the case's name:
 * configured labels that replace the Deployment's selector labels, and -1 cores of a TaskManager with 2 slots.
 */
const repairs: Readonly<Record<string, (recorded: string) => string>> = {
  "-standalone-x-annotations-labels": (recorded) => recorded.replaceAll('"app":"x"', '"app":"basic-example"'),
  "-standalone-x-noresource": (recorded) => recorded.replaceAll('"cpu":"-1.0"', '"cpu":"2.0"'),
};

function repaired(name: string, objects: readonly KubeObject[]): readonly KubeObject[] {
  const repair = Object.entries(repairs).find(([ending]) => name.endsWith(ending))?.[1];
  if (repair === undefined) return objects;
  const recorded = JSON.stringify(objects);
  const repairedText = repair(recorded);
  expect(repairedText).not.toBe(recorded);
  return JSON.parse(repairedText) as readonly KubeObject[];
}

/**
 * By kind and name, with parsed files. Without accepted differences: owners (docs/adr/0002), the operator's own
 * annotation, namespaces.
 */
const comparable = (objects: readonly KubeObject[]): Record<string, unknown> =>
  Object.fromEntries(
    objects.map(({ metadata, ...object }) => {
      const { ownerReferences: _, namespace: __, annotations = {}, ...rest } = metadata;
      const { [LAUNCH_ID_ANNOTATION]: ___, ...theirs } = annotations;
      const data = Object.entries((object.data ?? {}) as Record<string, string>);
      const files = data.map(([name, text]) => [name, parsers[name]?.(text) ?? text]);
      return [
        `${object.kind} ${metadata.name}`,
        { ...object, metadata: { ...rest, annotations: theirs }, data: Object.fromEntries(files) },
      ];
    }),
  );

/** The reference throws an internal or a general exception here. This operator's error names the field. */
const refusals: Record<string, { readonly field: string; readonly message: unknown }> = {
  "-x-nojar": { field: "spec.job.jarURI", message: expect.stringContaining("must name the job's jar") },
  "-x-prefix-clash": {
    field: "env.java.opts",
    message: expect.stringContaining(
      "Overlapping key prefixes detected (env.java.opts -> env.java.opts.all), please replace",
    ),
  },
};

describe(`clusters as recorded in test/golden/${folder}`, () => {
  const read = (name: string) => {
    const recording = cases.get(name);
    if (recording === undefined) throw new Error(`no recording ${name}`);
    return { input: recording.input, recording };
  };

  it.each(recordings)("%s: the submitted configuration", (name) => {
    const { input, recording } = read(name);
    const submitted = submittedConfig(buildInput(input));
    expect(Object.fromEntries(submitted.entries)).toEqual(recording.deployConfigBeforeSubmit);
  });

  // If the reference failed only after it had created everything, its objects are compared.
  const created = recordings.filter((name) => read(name).recording.objects.length > 0);
  const refused = recordings.filter((name) => !created.includes(name));

  it.each(created)("%s: the objects", (name) => {
    const { input, recording } = read(name);
    const objects = inCreationOrder(buildFlinkDeployment(buildInput(input)));
    expect(comparable(objects)).toEqual(comparable(repaired(name, recording.objects)));
  });

  it.each(refused)("%s: refused", (name) => {
    const { input, recording } = read(name);
    expect(recording.exceptionDuringOrAfterDeploy).toBeDefined();
    const kind = Object.keys(refusals).find((suffix) => name.endsWith(suffix)) ?? "";
    expect(() => buildFlinkDeployment(buildInput(input))).toThrow(
      expect.objectContaining({ name: "BuildError", ...refusals[kind] }),
    );
  });
});
