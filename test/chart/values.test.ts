import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { namesIn, valuesOf } from "../../scripts/chart/declaration.ts";
import { chartFolder, helm, withValues } from "../../scripts/chart/helm.ts";
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

const notesOf = (given: object): string => {
  const output = withValues(given, (file) =>
    helm("install", "flink-operator", chartFolder, "--dry-run=client", "--values", file),
  );
  return output.slice(output.indexOf("NOTES:"));
};

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
    ["of another type", { replicas: true }, /\/replicas'?: got boolean, want integer/],
    ["a text that is no number", { replicas: "two" }, /\/replicas'?: 'two' does not match pattern/],
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
    ["no shard", { shards: 0 }, /\/shards'?: minimum: got 0, want 1/],
    ["more shards than there may be", { shards: 17 }, /\/shards'?: maximum: got 17, want 16/],
    [
      "several shards without leader election",
      { shards: 2, replicas: 0, leaderElection: { enabled: false } },
      /shards or replicas above 1 .* need leader election/,
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

  it("numbers may be given as text", () => {
    const numbers = { replicas: 2, shards: 3, operatorHealth: { port: 9085 }, metrics: { port: 9999 } };
    const texts = { replicas: "2", shards: "3", operatorHealth: { port: "9085" }, metrics: { port: "9999" } };
    expect(render(texts).all).toEqual(render(numbers).all);
  });

  it("unknown values are ignored, and the notes name them and suggest the right name", () => {
    const unknown = {
      replica: 2,
      image: { nmae: "a", repositroy: "b" },
      operatorPod: { labels: { any: "label" } },
      extra: { of: "another chart" },
    };
    expect(render(unknown).deployment.spec.replicas).toBe(1);
    const notes = notesOf(unknown);
    const [, named = ""] = notes.split("These values are unknown and were ignored:");
    expect(named.trim().split(/\s*\n\s*/)).toEqual([
      "extra",
      "image.nmae",
      "image.repositroy (did you mean repository?)",
      "replica (did you mean replicas?)",
    ]);
    expect(notesOf({})).not.toContain("ignored");
  });

  it("global values of a parent chart are accepted", () => {
    expect(() => render({ global: { a: "b" } })).not.toThrow();
  });
});
