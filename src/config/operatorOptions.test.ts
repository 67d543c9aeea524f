import { describe, expect, it } from "vitest";
import { readGolden } from "../../test/support/golden.ts";
import { emptyConfig } from "./flinkConfig.ts";
import { flinkOptions } from "./flinkOptions.ts";
import { blueGreenVerificationOptions } from "./operatorOptions/blueGreenVerification.ts";
import { optionFamilies } from "./operatorOptions/families.ts";
import { ownOptions } from "./operatorOptions/own.ts";
import { ownAutoscalerOptions } from "./operatorOptions/ownAutoscaler.ts";
import { everyOption, operatorOptions } from "./operatorOptions.ts";
import type { Option } from "./option.ts";

const all: readonly Option<unknown>[] = [...everyOption, ...Object.values(flinkOptions)];

describe("declared options", () => {
  it("have each key once", () => {
    const keys = all.map(({ key }) => key);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  });

  it.each(all.map((option) => [option.key, option] as const))(
    "%s: the default is a value of the type",
    (_, option) => {
      expect(() => emptyConfig.get(option)).not.toThrow();
    },
  );
});

interface Recorded {
  readonly key: string;
  readonly type: string;
  readonly default: unknown;
  readonly perResource: boolean;
  readonly scope: "operator" | "resource" | "autoscaler";
  readonly enum?: readonly string[];
  readonly deprecatedKeys?: readonly string[];
  readonly fallbackKeys?: readonly string[];
}

const file = "java-operator/options.json";

describe(`compared with test/golden/${file}`, () => {
  const recorded = readGolden<Recorded[]>(file);
  const theirs = new Map(recorded.map((option) => [option.key, option]));
  const isFamily = ({ key }: Recorded) => key.includes("<");

  const own: readonly unknown[] = [ownOptions, ownAutoscalerOptions, blueGreenVerificationOptions].flatMap(
    Object.values,
  );
  const shared = everyOption.filter((option) => !own.includes(option));

  it("are all options of the reference, and our own", () => {
    const sorted = (keys: readonly string[]) => [...keys].sort();
    expect(sorted(shared.map(({ key }) => key))).toEqual(
      sorted(recorded.filter((option) => !isFamily(option)).map(({ key }) => key)),
    );
  });

  it("include the families of keys", () => {
    const shape = (key: string) => key.replace("vX_Y[+]", "<v>").replaceAll(/<.*?>(?=\.|$)/g, "<>");
    expect(
      Object.values(optionFamilies)
        .map(({ pattern }) => shape(pattern))
        .sort(),
    ).toEqual(
      recorded
        .filter(isFamily)
        .map(({ key }) => shape(key))
        .sort(),
    );
  });

  // Our retry delays have this limit. Those of the reference grow without limit.
  const ownDefault = [operatorOptions.retryMaxInterval.key];

  it.each(shared.map((option) => [option.key, option] as const))("%s", (key, option) => {
    const their = theirs.get(key);
    if (their === undefined) return expect.unreachable(`the reference has no ${key}`);
    expect(option.type.name).toBe(typeName(their));
    expect(option.scope).toBe(their.perResource || their.scope === "resource" ? "resource" : "operator");
    expect(option.deprecatedKeys).toEqual(their.deprecatedKeys ?? []);
    expect(new Set(option.fallbackKeys)).toEqual(new Set(their.fallbackKeys));
    if (!ownDefault.includes(key)) expect(option.default).toBe(defaultText(key, their.default));
  });

  function typeName({ key, type, enum: values }: Recorded): string {
    if (key === operatorOptions.watchedNamespaces.key) return "comma-separated List";
    if (/\.periodic\.(savepoint|checkpoint)\.interval$/.test(key))
      return "Duration or Quartz cron expression";
    if (type === "Enum") return values?.join(" | ") ?? "";
    return type === "List<String>" ? "List" : type;
  }

  function defaultText(key: string, value: unknown): string | undefined {
    // The reference has a special value for all namespaces. Here an empty text is no value.
    if (value === null || value === "JOSDK_ALL_NAMESPACES") return undefined;
    if (key === operatorOptions.errorLabels.key) return undefined;
    if (Array.isArray(value)) return value.length === 0 ? undefined : value.join(";");
    return String(value);
  }
});
