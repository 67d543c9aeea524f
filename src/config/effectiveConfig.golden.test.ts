import { expect, it } from "vitest";
import { describeExamples } from "../../test/support/otherProjects.ts";
import type { KubeObject } from "../api/kubernetes.ts";
import { asFlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import { deployConfig } from "./effectiveConfig.ts";
import { flinkConfig } from "./flinkConfig.ts";

/** The Java operator's deploy config of its own examples, with the Helm chart's default configuration. */
interface Recording {
  readonly input: KubeObject;
  readonly deployConfig?: Record<string, string>;
  readonly configError?: string;
}

const chartDefaults = { "taskmanager.numberOfTaskSlots": "1", "parallelism.default": "1" };

/** Names of files that the reference creates on its own disk. */
const generated = (key: string) =>
  key.startsWith("kubernetes.pod-template-file") || key === "$internal.deployment.config-dir";

describeExamples<Recording>(
  "recorded deploy configs",
  (examples) => {
    it.each(examples)("$file", ({ recording }) => {
      const { input, deployConfig: expected, configError } = recording;
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
  },
  "FlinkDeployment",
);
