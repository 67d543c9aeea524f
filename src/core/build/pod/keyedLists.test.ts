import { describe, expect, it } from "vitest";
import { withUniqueKeys } from "./keyedLists.ts";

const inContainer = (container: object) => {
  const { spec = {} } = withUniqueKeys(
    { spec: { containers: [{ name: "a", ...container }] } },
    "spec.podTemplate",
  );
  const containers = spec.containers as object[];
  return containers[0];
};
const variables = (...env: object[]) => (inContainer({ env }) as { env: object[] }).env;

describe("variables", () => {
  it("keep the later value", () => {
    expect(
      variables({ name: "A", value: "1" }, { name: "B", value: "x" }, { name: "A", value: "2" }),
    ).toEqual([
      { name: "B", value: "x" },
      { name: "A", value: "2" },
    ]);
  });

  it("that refer to an earlier value have it, as in the pod", () => {
    expect(
      variables(
        { name: "A", value: "1" },
        { name: "B", value: "$(A)/b" },
        { name: "A", value: "$(A):$$(A):2" },
        { name: "C", value: "$(A)" },
      ),
    ).toEqual([
      { name: "B", value: "1/b" },
      { name: "A", value: "1:$$(A):2" },
      { name: "C", value: "$(A)" },
    ]);
  });

  it("may be there three times", () => {
    expect(
      variables({ name: "A", value: "1" }, { name: "A", value: "$(A)2" }, { name: "A", value: "$(A)3" }),
    ).toEqual([{ name: "A", value: "123" }]);
  });

  it("of which the first is only known in the pod are refused if another variable refers to it", () => {
    const secret = { name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } };
    expect(variables(secret, { name: "A", value: "2" })).toEqual([{ name: "A", value: "2" }]);
    expect(() => variables(secret, { name: "B", value: "$(A)" }, { name: "A", value: "2" })).toThrow(
      expect.objectContaining({ field: "spec.podTemplate.spec.containers[0].env" }),
    );
  });
});

it("ports are unique by number and protocol, and probes keep theirs", () => {
  const probe = (port: unknown) => ({ httpGet: { path: "/", port } });
  expect(
    inContainer({
      ports: [
        { name: "mine", containerPort: 6122 },
        { name: "udp", containerPort: 6122, protocol: "UDP" },
        { name: "taskmanager-rpc", containerPort: 6122, protocol: "TCP" },
      ],
      livenessProbe: probe("mine"),
      readinessProbe: probe("udp"),
    }),
  ).toEqual({
    name: "a",
    ports: [
      { name: "udp", containerPort: 6122, protocol: "UDP" },
      { name: "taskmanager-rpc", containerPort: 6122, protocol: "TCP" },
    ],
    livenessProbe: probe(6122),
    readinessProbe: probe("udp"),
  });
});

it("pull secrets, host aliases and the lists of other containers are unique too", () => {
  const env = [
    { name: "A", value: "1" },
    { name: "A", value: "2" },
  ];
  const spec = {
    imagePullSecrets: [{ name: "s" }, { name: "t" }, { name: "s" }],
    hostAliases: [
      { ip: "10.0.0.1", hostnames: ["a"] },
      { ip: "10.0.0.1", hostnames: ["b"] },
    ],
    initContainers: [{ name: "i", env }],
    containers: [{ name: "sidecar", env }],
  };
  expect(withUniqueKeys({ spec }, "").spec).toEqual({
    imagePullSecrets: [{ name: "t" }, { name: "s" }],
    hostAliases: [{ ip: "10.0.0.1", hostnames: ["b"] }],
    initContainers: [{ name: "i", env: [{ name: "A", value: "2" }] }],
    containers: [{ name: "sidecar", env: [{ name: "A", value: "2" }] }],
  });
});

it("what is unique, or has no key, stays as it is", () => {
  const spec = {
    containers: [{ name: "a", env: [{}, {}, { name: "A" }], ports: [{}, {}] }, "no container"],
    imagePullSecrets: "no list",
  };
  expect(withUniqueKeys({ spec }, "").spec).toEqual(spec);
});
