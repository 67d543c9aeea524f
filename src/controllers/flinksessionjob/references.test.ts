import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import type { Submission } from "../../api/flinkFacts.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import { SQL_SCRIPT_LABEL } from "../../api/v1beta1/names.ts";
import type { KubeApi } from "../../kube/api.ts";
import { withReferences } from "./references.ts";
import { sessionProgram } from "./sessionProgram.ts";

const sql = {
  scriptFrom: ["text.sql", "binary.sql"].map((key) => ({ configMapKeyRef: { name: "orders", key } })),
};
const submission: Submission = {
  jarURI: undefined,
  ownJar: { name: "runner.jar", base64: "" },
  namespace: "default",
  headers: new Map(),
  deadlineMs: 1,
  run: {
    flinkVersion: "v2_3",
    jobId: "a",
    programArgs: sessionProgram({ sql }, "a").args,
    flinkConfiguration: {},
  },
};

const serving = (labels: Record<string, string>): Pick<KubeApi, "get"> => ({
  get: async (_type, namespace, name): Promise<KubeObject> => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace, labels },
    data: { "text.sql": "CREATE …;" },
    binaryData: { "binary.sql": Buffer.from("INSERT …;").toString("base64") },
  }),
});

it("sends the texts of a ConfigMap, also those of its binary data, and tells their hash", async () => {
  const told: string[] = [];
  const kube = serving({ [SQL_SCRIPT_LABEL]: "true" });
  const { programArgs } = (await withReferences(kube, submission, (texts) => told.push(texts))).run;
  const texts = programArgs.filter((_, at) => programArgs[at - 1] === "--script-base64");
  expect(texts.map((text) => gunzipSync(Buffer.from(text, "base64")).toString())).toEqual([
    "CREATE …;",
    "INSERT …;",
  ]);
  expect(told).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
});

it.each([[{}], [{ [SQL_SCRIPT_LABEL]: "false" }]])(
  "reads no ConfigMap that is not meant for it: %j",
  async (labels) => {
    await expect(withReferences(serving(labels), submission)).rejects.toThrow(
      'spec.job.sql.scriptFrom[0].configMapKeyRef: the ConfigMap orders has no label flink.apache.org/sql-script: "true"',
    );
  },
);

it("leaves another program as it is, whatever its arguments are", async () => {
  const jar = { ...submission, ownJar: undefined };
  expect(await withReferences(serving({}), jar)).toBe(jar);
});
