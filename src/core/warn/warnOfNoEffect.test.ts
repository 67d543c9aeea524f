import { expect, it } from "vitest";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { autoscalerLimit } from "./warnOfNoEffect.ts";

const application = {
  "job.autoscaler.enabled": "true",
  "execution.target": "kubernetes-application",
  "$internal.flink.version": "v2_3",
};

it.each([
  ["Flink 2 in application mode", application, /only reports.*FLINK-38770.*jobmanager.scheduler: adaptive/],
  ["Flink 1", { ...application, "$internal.flink.version": "v1_20" }, undefined],
  ["a session job", { ...application, "execution.target": "kubernetes-session" }, undefined],
  ["the adaptive scheduler", { ...application, "jobmanager.scheduler": "Adaptive" }, undefined],
  ["no autoscaler", { ...application, "job.autoscaler.enabled": "false" }, undefined],
])("says what of the autoscaler has no effect with %s", (_, options, expected) => {
  const limit = autoscalerLimit(flinkConfig(options));
  if (expected === undefined) expect(limit).toBeUndefined();
  else expect(limit).toMatch(expected);
});
