import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { namesIn, valuesOf } from "../../scripts/chart/declaration.ts";
import { chartFolder, helm } from "../../scripts/chart/helm.ts";
import { chartValues } from "../../scripts/chart/values.ts";
import { fingerprint, valuesIn } from "../support/fingerprint.ts";
import { readGolden } from "../support/golden.ts";
import { describeWith } from "../support/otherProjects.ts";
import { render } from "./support.ts";
import { valueCases } from "./valueCases.ts";

const declared = valuesOf(chartValues);

it("passes helm lint", () => {
  expect(helm("lint", chartFolder, "--strict")).toContain("0 chart(s) failed");
});

describe("each documented value has its effect", () => {
  it.each(Object.entries(valueCases))("%s", (_, { values, check }) => check(render(values)));

  it("every value has a case", () => {
    expect(Object.keys(valueCases).sort()).toEqual(declared.map(([path]) => path).sort());
  });
});

/** Values whose defaults differ on purpose. */
const ownDefaults = ["image.repository", "image.tag"];

const values = load(readFileSync(`${chartFolder}/values.yaml`, "utf8")) as object;

it("has the Java operator's defaults, by their fingerprints (test/golden)", () => {
  const present = new Set(valuesIn(values).map(fingerprint));
  const missing = readGolden<string[]>("java-operator/chart-values.json").filter(
    (value) => !present.has(value),
  );
  expect(missing).toEqual([]);
});

describeWith("reference/helm-values.json", "the Java operator's values", (recorded) => {
  const theirs = JSON.parse(readFileSync(recorded, "utf8"));

  it("all exist here, with their defaults", () => {
    // biome-ignore lint/suspicious/noExplicitAny: values are of any type.
    const at = (tree: any, path: string) => namesIn(path).reduce((node, name) => node?.[name], tree);
    for (const [path, { origin }] of declared) {
      const their = at(theirs, path);
      if (their !== undefined && !ownDefaults.includes(path)) {
        expect(origin, path).toBe("reference");
        expect(at(values, path), path).toEqual(their);
      }
    }
  });

  it("are accepted unchanged", () => {
    const { image: _, ...others } = theirs;
    expect(render(others).all).toEqual(render().all);
  });
});

describe("the error for an invalid value names it", () => {
  const cases: [what: string, values: object, message: RegExp][] = [
    ["an unknown value", { replica: 2 }, /additional properties 'replica' not allowed/],
    [
      "an unknown nested value",
      { image: { name: "a" } },
      /\/image'?: additional properties 'name' not allowed/,
    ],
    ["of another type", { replicas: "two" }, /\/replicas'?: got string, want integer/],
    ["out of range", { operatorHealth: { port: 0 } }, /\/operatorHealth\/port/],
    [
      "an unknown enum value",
      { strategy: { type: "Blue" } },
      /\/strategy\/type.*'Recreate', 'RollingUpdate'/,
    ],
    ["a list as text", { watchNamespaces: "a,b" }, /\/watchNamespaces'?: got string, want array/],
    ["an invalid namespace", { watchNamespaces: ["A b"] }, /\/watchNamespaces\/0/],
    [
      "several replicas without leader election",
      { replicas: 2, leaderElection: { enabled: false } },
      /replicas above 1 .* need leader election/,
    ],
    [
      "the same with the operator's option",
      {
        replicas: 2,
        defaultConfiguration: { "config.yaml": "kubernetes.operator.leader-election: {enabled: false}" },
      },
      /replicas above 1 .* need leader election/,
    ],
    [
      "a configuration that is not YAML",
      { defaultConfiguration: { "config.yaml": "a: [" } },
      /defaultConfiguration\.config\.yaml is not YAML/,
    ],
    [
      "a certificate without authority",
      { webhook: { certificates: "secret" } },
      /webhook\.caBundle must name/,
    ],
  ];
  it.each(cases)("%s", (_, values, message) => {
    expect(() => render(values)).toThrow(message);
  });

  it("a value of another strategy", () => {
    expect(() => render({ strategy: { rollingUpdate: { maxSurge: 1 } } })).toThrow(
      /strategy\.rollingUpdate is for strategy\.type RollingUpdate/,
    );
  });

  it("global values of a parent chart are accepted", () => {
    expect(() => render({ global: { a: "b" } })).not.toThrow();
  });
});
