import { describe, expect, test } from "vitest";
import { pathPrefixOf, routeOf } from "./ingress.ts";

const of = { name: "demo", namespace: "jobs", uid: "uid-1" };
const ruleOf = (template: string) =>
  (
    routeOf(of, { template }, 8081).object.spec as {
      rules: [{ host?: string; http: { paths: [{ path?: string }] } }];
    }
  ).rules[0];

describe("the Ingress", () => {
  test("routes to the rest Service and belongs to the resource, which is its controller", () => {
    const { kind, object: ingress } = routeOf(
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
    expect(kind).toBe("Ingress");
    expect(ingress).toEqual({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: {
        name: "demo",
        namespace: "jobs",
        labels: { team: "x", component: "ingress" },
        annotations: { a: "1", "flinkdeployment.flink.apache.org/ingress-hash": expect.any(String) },
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

describe("the HTTPRoute", () => {
  const parentRefs = [{ name: "edge", namespace: "infra", sectionName: "https" }];
  const routeBy = (template: string) => routeOf(of, { template, parentRefs, labels: { team: "x" } }, 8082);

  test("routes from the Gateways to the rest Service, without the prefix", () => {
    expect(routeBy("flink.example.com/{{namespace}}/{{name}}(/|$)(.*)")).toEqual({
      kind: "HTTPRoute",
      object: {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: expect.objectContaining({ name: "demo", labels: { team: "x", component: "ingress" } }),
        spec: {
          parentRefs,
          hostnames: ["flink.example.com"],
          rules: [
            {
              matches: [{ path: { type: "PathPrefix", value: "/jobs/demo" } }],
              filters: [
                {
                  type: "URLRewrite",
                  urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } },
                },
              ],
              backendRefs: [{ name: "demo-rest", port: 8082 }],
            },
          ],
        },
      },
    });
  });

  test("of a host alone passes every path unchanged", () => {
    const { spec } = routeBy("{{name}}.example.com").object;
    expect(spec).toMatchObject({ hostnames: ["demo.example.com"] });
    expect((spec as { rules: object[] }).rules).toEqual([
      {
        matches: [{ path: { type: "PathPrefix", value: "/" } }],
        backendRefs: [{ name: "demo-rest", port: 8082 }],
      },
    ]);
  });

  test.each([
    ["", "/"],
    ["/", "/"],
    ["/a/", "/a"],
    ["/a(/|$)(.*)", "/a"],
    ["/(/|$)(.*)", "/"],
  ])("the path %j is the prefix %s", (path, prefix) => {
    expect(pathPrefixOf(path)).toBe(prefix);
  });
});

test("another spec.ingress or another port changes the hash", () => {
  const hash = (ingress: Parameters<typeof routeOf>[1], port = 8081) =>
    routeOf(of, ingress, port).object.metadata.annotations?.["flinkdeployment.flink.apache.org/ingress-hash"];
  const hashes = [
    hash({ template: "a.b" }),
    hash({ template: "a.c" }),
    hash({ template: "a.b", annotations: { x: "1" } }),
    hash({ template: "a.b", labels: { x: "1" } }),
    hash({ template: "a.b", parentRefs: [{ name: "edge" }] }),
    hash({ template: "a.b" }, 8082),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hash({ template: "a.b" })).toBe(hashes[0]);
});
