import { describe, expect, test } from "vitest";
import { checkManifest, type Schema, schemaAt } from "./schema.ts";

const schema: Schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["image"],
      properties: {
        image: { type: "string" },
        mode: { type: "string", enum: ["native", "standalone"] },
        flinkConfiguration: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        job: {
          type: "object",
          properties: {
            parallelism: { type: "integer", minimum: 1 },
            args: { type: "array", items: { type: "string" } },
            allowNonRestoredState: { type: "boolean" },
          },
        },
        labels: { type: "object", additionalProperties: { type: "string" } },
      },
    },
  },
};

const mistakesOf = (spec: unknown) =>
  checkManifest({ apiVersion: "x", kind: "y", metadata: {}, spec }, schema).map(({ message }) => message);

test("what follows the schema has no mistake", () => {
  const job = { parallelism: 2, args: ["a"], allowNonRestoredState: true };
  const spec = { image: "a", mode: "native", flinkConfiguration: { any: { x: 1 } }, job, labels: { a: "b" } };
  expect(mistakesOf(spec)).toEqual([]);
});

describe("mistakes", () => {
  test.each<[unknown, string]>([
    [{}, "spec.image is required."],
    [{ image: 1 }, "spec.image is 1, and must be a text, in quotes where it looks like something else."],
    [{ image: "a", mode: "local" }, 'spec.mode is "local", and must be one of native, standalone.'],
    [{ image: "a", job: { Parallelism: 1 } }, "spec.job.Parallelism is no field; parallelism is one."],
    [{ image: "a", job: { parallelism: 0 } }, "spec.job.parallelism is 0, and must be at least 1."],
    [{ image: "a", job: { parallelism: 1.5 } }, "spec.job.parallelism is 1.5, and must be a whole number."],
    [
      { image: "a", job: { args: ["a", 2] } },
      "spec.job.args[1] is 2, and must be a text, in quotes where it looks like something else.",
    ],
    [
      { image: "a", job: { allowNonRestoredState: "yes" } },
      'spec.job.allowNonRestoredState is "yes", and must be true or false.',
    ],
    [{ image: "a", job: [] }, "spec.job is a list, and must be a mapping."],
    [{ image: "a", constructor: {} }, "spec.constructor is no field."],
  ])("%j", (spec, message) => expect(mistakesOf(spec)).toEqual([message]));

  test("a field beside spec", () => {
    expect(checkManifest({ sepc: {} }, schema)).toEqual([{ path: ["sepc"], message: "sepc is no field." }]);
  });

  test("no mapping at all", () => expect(checkManifest([], schema)).toHaveLength(1));
});

test("the schema of a path", () => {
  expect(schemaAt(schema, ["spec", "job", "args", 3])).toEqual({ type: "string" });
  expect(schemaAt(schema, ["spec", "labels", "anything"])).toEqual({ type: "string" });
  expect(schemaAt(schema, ["spec", "toString"])).toBeUndefined();
});
