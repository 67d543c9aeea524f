import { describe, expect, it } from "vitest";
import type { PodTemplateSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { podTemplateFindings } from "./podTemplateFields.ts";

const findings = (template: PodTemplateSpec) => podTemplateFindings({ field: "spec.podTemplate", template });

describe("the fields of a pod template", () => {
  it("that Kubernetes has are not reported", () => {
    const main = {
      name: "flink-main-container",
      livenessProbe: { httpGet: { port: 8081 }, periodSeconds: 5 },
      env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }],
      resources: { limits: { cpu: 0.5, memory: "1Gi" } },
    };
    const spec = { nodeSelector: { any: "thing" }, containers: [main], terminationGracePeriodSeconds: null };
    expect(findings({ metadata: { labels: { a: "b" } }, spec })).toEqual({ mistyped: [], unknown: [] });
  });

  it("that are misspelt are reported with the nearest names", () => {
    const main = { name: "a", livenessprobe: {}, volumemounts: [], foobarbaz: 1 };
    expect(findings({ spec: { containers: [main] } }).unknown).toEqual([
      {
        field: "spec.podTemplate.spec.containers[0].livenessprobe",
        message: "there is no such field in Kubernetes 1.36; did you mean livenessProbe?",
      },
      {
        field: "spec.podTemplate.spec.containers[0].volumemounts",
        message: "there is no such field in Kubernetes 1.36; did you mean volumeMounts?",
      },
      {
        field: "spec.podTemplate.spec.containers[0].foobarbaz",
        message: "there is no such field in Kubernetes 1.36",
      },
    ]);
  });

  it.each([
    [{ spec: { containers: {} } }, "containers", "a list, not an object"],
    [{ spec: { containers: [{ command: "x" }] } }, "containers[0].command", 'a list, not "x"'],
    [{ spec: { containers: [{ tty: "yes" }] } }, "containers[0].tty", 'true or false, not "yes"'],
    [{ spec: { priority: "high" } }, "priority", 'a whole number, not "high"'],
    [{ spec: { nodeSelector: { a: 1 } } }, "nodeSelector.a", "a text, not 1"],
  ])("that are mistyped are named: %j", (template, field, expected) => {
    expect(findings(template)).toEqual({
      mistyped: [{ field: `spec.podTemplate.spec.${field}`, message: `must be ${expected}` }],
      unknown: [],
    });
  });
});
