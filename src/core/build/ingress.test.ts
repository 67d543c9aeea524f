import { describe, expect, test } from "vitest";
import { ingressOf } from "./ingress.ts";

const of = { name: "demo", namespace: "jobs", uid: "uid-1" };
const ruleOf = (template: string) =>
  (
    ingressOf(of, { template }, 8081).spec as {
      rules: [{ host?: string; http: { paths: [{ path?: string }] } }];
    }
  ).rules[0];

describe("the Ingress", () => {
  test("leads to the rest Service and belongs to the resource, which controls it", () => {
    const ingress = ingressOf(
      of,
      {
        template: "flink.example.com",
        className: "nginx",
        annotations: { a: "1" },
        labels: { team: "x" },
        tls: [{ hosts: ["flink.example.com"], secretName: "cert" }],
      },
      8082,
    );
    expect(ingress).toEqual({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: {
        name: "demo",
        namespace: "jobs",
        labels: { team: "x", component: "ingress" },
        annotations: { a: "1" },
        ownerReferences: [
          {
            apiVersion: "flink.apache.org/v1beta1",
            kind: "FlinkDeployment",
            name: "demo",
            uid: "uid-1",
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        ingressClassName: "nginx",
        tls: [{ hosts: ["flink.example.com"], secretName: "cert" }],
        rules: [
          {
            host: "flink.example.com",
            http: {
              paths: [
                {
                  pathType: "ImplementationSpecific",
                  backend: { service: { name: "demo-rest", port: { number: 8082 } } },
                },
              ],
            },
          },
        ],
      },
    });
  });

  test.each([
    ["{{name}}.{{namespace}}.flink.k8s.io", "demo.jobs.flink.k8s.io", undefined],
    ["flink.k8s.io/{{NAMESPACE}}/{{Name}}(/|$)(.*)", "flink.k8s.io", "/jobs/demo(/|$)(.*)"],
    ["https://user@flink.k8s.io:8443/ui?a=b#c", "flink.k8s.io", "/ui"],
    ["/{{namespace}}/{{name}}", undefined, "/jobs/demo"],
  ])("of the template %s", (template, host, path) => {
    const { host: found, http } = ruleOf(template);
    expect([found, http.paths[0].path]).toEqual([host, path]);
  });
});
