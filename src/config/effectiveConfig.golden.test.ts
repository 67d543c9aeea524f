import { describe, expect, it } from "vitest";
import { hasRecordings, readRecording, recordingsIn } from "../../test/support/recordings.ts";
import type { KubeObject } from "../api/kubernetes.ts";
import { asFlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "./effectiveConfig.ts";
import { flinkConfig } from "./flinkConfig.ts";

/** The Java operator's deploy config of its own examples, with the Helm chart's default configuration. */
const folder = "reference/golden";

interface Recording {
  readonly input: KubeObject;
  readonly deployConfig?: Record<string, string>;
  readonly configError?: string;
}

const cases = recordingsIn(folder).filter((name) => name.endsWith("FlinkDeployment.json"));

const chartDefaults = { "taskmanager.numberOfTaskSlots": "1", "parallelism.default": "1" };

/** Names of files that the reference makes on its own disk. */
const generated = (key: string) =>
  key.startsWith("kubernetes.pod-template-file") || key === "$internal.deployment.config-dir";

describe.skipIf(!hasRecordings(folder))(`deploy config as recorded in ../shared/${folder}`, () => {
  it.each(cases)("%s", (name) => {
    const { input, deployConfig: expected, configError } = readRecording<Recording>(`${folder}/${name}`);
    const defaults = Object.entries(expected ?? {}).filter(([key]) =>
      key.startsWith("kubernetes.operator.default-configuration."),
    );
    const resource = asFlinkDeployment({
      ...input,
      metadata: { ...input.metadata, namespace: "default", generation: 1 },
    });
    const build = () =>
      deployConfig({
        operatorConfig: flinkConfig([...Object.entries(chartDefaults), ...defaults]),
        resource,
      });
    if (expected === undefined) {
      expect(configError).toBeDefined();
      expect(build).toThrow();
      return;
    }
    const actual = Object.fromEntries(build().entries);
    const comparable = (config: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key, generated(key) ? "file" : value]),
      );
    expect(comparable(actual)).toEqual(comparable(expected));
  });
});
