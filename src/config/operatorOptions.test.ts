import { describe, expect, it } from "vitest";
import { hasRecordings, readRecording } from "../../test/support/recordings.ts";
import { emptyConfig } from "./flinkConfig.ts";
import { flinkOptions } from "./flinkOptions.ts";
import { operatorOptions } from "./operatorOptions.ts";
import type { Option } from "./option.ts";

const options: readonly Option<unknown>[] = Object.values(operatorOptions);
const all: readonly Option<unknown>[] = [...options, ...Object.values(flinkOptions)];

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
  readonly default: unknown;
  readonly scope: "operator" | "resource" | "autoscaler";
  readonly deprecatedKeys?: readonly string[];
  readonly group?: string;
}

const file = "reference/config-options.json";

describe.skipIf(!hasRecordings(file))(`held against ../shared/${file}`, () => {
  const recorded = hasRecordings(file) ? readRecording<Recorded[]>(file) : [];
  const theirs = new Map(recorded.map((option) => [option.key, option]));

  it("are all of the reference's but those of features to come and families of keys", () => {
    const missing = recorded
      .filter(
        ({ key, scope, group }) => scope !== "autoscaler" && group !== "bluegreen" && !key.includes("<"),
      )
      .filter(({ key }) => !options.some((option) => option.key === key));
    expect(missing.map(({ key }) => key)).toEqual([]);
  });

  // Ours pauses no longer than that between tries; the reference's pauses grow without end.
  const ownDefault = [operatorOptions.retryMaxInterval.key];

  it.each(options.map((option) => [option.key, option] as const))("%s", (key, option) => {
    const their = theirs.get(key);
    expect(their).toBeDefined();
    expect(option.scope).toBe(their?.scope);
    expect(option.deprecatedKeys).toEqual(their?.deprecatedKeys ?? []);
    if (!ownDefault.includes(key)) expect(option.default).toBe(defaultText(key, their?.default));
  });

  function defaultText(key: string, value: unknown): string | undefined {
    // "All namespaces" has a name of its own there, and an empty map is no value at all here.
    if (value === null || value === "JOSDK_ALL_NAMESPACES") return undefined;
    if (key === operatorOptions.errorLabels.key) return undefined;
    return Array.isArray(value) ? value.join(";") : String(value);
  }
});
