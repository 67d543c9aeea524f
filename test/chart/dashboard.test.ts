import { expect, it } from "vitest";
import { render } from "./support.ts";

const name = "flink-kubernetes-operator-dashboard";

it("the dashboard is off by default", () => {
  expect(render().all.filter(({ metadata }) => metadata.name.startsWith(name))).toEqual([]);
});

it("it has a network policy of its own, which lets it reach no JobManager", () => {
  const { spec } = render({
    dashboard: { enabled: true },
    networkPolicy: { create: true, restrictEgress: true, flinkPorts: [18081] },
  }).one("NetworkPolicy", name);
  expect(spec.ingress).toEqual([{ ports: [{ port: 8090 }] }]);
  expect(JSON.stringify(spec.egress)).not.toContain("18081");
});

it("an Ingress without a host, and an HTTPRoute without a gateway, are refused by name", () => {
  expect(() => render({ dashboard: { enabled: true, ingress: { create: true } } })).toThrow(
    /dashboard\.ingress\.host must/,
  );
  expect(() => render({ dashboard: { enabled: true, httpRoute: { create: true } } })).toThrow(
    /dashboard\.httpRoute\.parentRefs must/,
  );
});
