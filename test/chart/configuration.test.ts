import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildManifests } from "../../scripts/chart/manifests.ts";
import { acceptConfig } from "../../src/config/acceptConfig.ts";
import { readConfigFiles } from "../../src/config/configFiles.ts";
import { leaderElectionSettings } from "../../src/config/leaderElection.ts";
import { watchedNamespaces } from "../../src/config/watchedNamespaces.ts";
import { type Rendered, render } from "./support.ts";

/** The configuration as the operator reads it from the chart's ConfigMap. */
function accepted(rendered: Rendered) {
  const { data } = rendered.one("ConfigMap");
  const files = new Map(Object.entries(data as Record<string, string>));
  return acceptConfig(readConfigFiles([files]) ?? new Map(), undefined);
}

const forms: [form: string, values: (options: Record<string, string>) => object][] = [
  [
    "flink-conf.yaml",
    (options) => ({
      "flink-conf.yaml": Object.entries(options)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join(""),
    }),
  ],
  ["config.yaml", (options) => ({ "config.yaml": JSON.stringify(options) })],
];

describe.each(forms)("in the form of %s", (_, form) => {
  const read = (options: Record<string, string>, more: object = {}) =>
    accepted(render({ defaultConfiguration: form(options), ...more }));

  it("the operator understands every option", () => {
    const { refused, unknown, config } = read({ "parallelism.default": "7" });
    expect([refused, unknown]).toEqual([[], []]);
    expect(config.entries.get("parallelism.default")).toBe("7");
    expect(config.entries.get("taskmanager.numberOfTaskSlots")).toBe("1");
    const javaOptions =
      "kubernetes.operator.default-configuration.flink-version.v1_19+.env.java.default-opts.all";
    expect(config.entries.get(javaOptions)).toMatch(/^--add-exports=.*ALL-UNNAMED$/);
  });

  it("the user's options override those derived from values", () => {
    const { config } = read(
      {
        "kubernetes.operator.watched.namespaces": "c",
        "kubernetes.operator.leader-election.lease-name": "mine",
      },
      { watchNamespaces: ["a", "b"], replicas: 2 },
    );
    expect(watchedNamespaces(config, undefined)).toEqual(["c"]);
    expect(leaderElectionSettings(config)).toMatchObject({ leaseName: "mine", leaseDurationMs: 15_000 });
  });

  it("namespaces and leader election are derived from values", () => {
    const { config } = read({}, { watchNamespaces: ["a", "b"], replicas: 2 });
    expect(watchedNamespaces(config, undefined)).toEqual(["a", "b"]);
    expect(leaderElectionSettings(config)).toMatchObject({ leaseName: "flink-operator-lease" });
  });

  it("leader election enabled by the user adds its permissions", () => {
    const rendered = render({
      defaultConfiguration: form({
        "kubernetes.operator.leader-election.enabled": "true",
        "kubernetes.operator.leader-election.lease-name": "a",
      }),
    });
    expect(leaderElectionSettings(accepted(rendered).config)).toMatchObject({ leaseName: "a" });
    expect(rendered.one("Role", "flink-operator-own").rules[0].resources).toEqual(["leases"]);
  });
});

describe("the number of pods", () => {
  it.each<[string, object, number]>([
    ["is one for each shard, and one that stands by", { shards: 3 }, 4],
    ["is more where more are asked for", { shards: 2, replicas: 5 }, 5],
    ["is not less", { shards: 3, replicas: 2 }, 4],
    ["is none where none is wanted", { shards: 3, replicas: 0 }, 0],
    ["is as it was with one shard", { shards: 1, replicas: 1 }, 1],
    [
      "follows the operator's option, too",
      { defaultConfiguration: { "config.yaml": "kubernetes.operator.shards: 2\n" } },
      3,
    ],
  ])("%s", (_, values, replicas) => {
    expect(render(values).deployment.spec.replicas).toBe(replicas);
  });
});

it("shards are derived from values, and the user's option overrides them", () => {
  expect(leaderElectionSettings(accepted(render({ shards: 3 })).config)).toMatchObject({
    shards: 3,
    leaseName: "flink-operator-lease",
  });
  const options = { "config.yaml": "kubernetes.operator.shards: 2\n" };
  const rendered = render({ shards: 3, defaultConfiguration: options });
  expect(leaderElectionSettings(accepted(rendered).config)).toMatchObject({ shards: 2 });
});

it("only the chart's files in the ConfigMap are mounted", () => {
  const rendered = render();
  const [{ configMap }] = rendered.pod.volumes;
  expect(configMap.items.map(({ key }: { key: string }) => key)).toEqual(
    Object.keys(rendered.one("ConfigMap").data).sort(),
  );
  expect(render({ defaultConfiguration: { create: false } }).pod.volumes[0].configMap).toEqual({
    name: "flink-operator-config",
  });
});

it("a nested option of the user is equal to a flat one", () => {
  const { config } = accepted(
    render({ defaultConfiguration: { "config.yaml": "taskmanager:\n  numberOfTaskSlots: 4\n" } }),
  );
  expect(config.entries.get("taskmanager.numberOfTaskSlots")).toBe("4");
});

it.each(buildManifests())("%s is up to date: make manifests", (path, content) => {
  expect(readFileSync(join(import.meta.dirname, "../..", path), "utf8")).toBe(content);
});
