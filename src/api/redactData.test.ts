import { expect, it } from "vitest";
import { redactData } from "./redactData.ts";

it.each([
  ["a key of a configuration", { "s3.secret-key": "hush" }, { "s3.secret-key": "******" }],
  ["a number", { password: 1234 }, { password: "******" }],
  [
    "an environment variable",
    [{ name: "DB_PASSWORD", value: "hush" }],
    [{ name: "DB_PASSWORD", value: "******" }],
  ],
  ["an entry", [{ key: "s3.secret-key", value: "hush" }], [{ key: "s3.secret-key", value: "******" }]],
  [
    "a pod template in a ConfigMap",
    {
      "pod-template.yaml":
        "spec:\n  env:\n    - name: DB_PASSWORD\n      value: |-\n        hush\n        hush\n",
    },
    { "pod-template.yaml": "spec:\n  env:\n    - name: DB_PASSWORD\n      value: '******'\n" },
  ],
  [
    "HTTP headers",
    { "a.http.header": "authorization: hush, x: y" },
    { "a.http.header": "authorization: ******, x: ******" },
  ],
  ["a text", { args: ["--password=hush"] }, { args: ["--password=******"] }],
  [
    "a recorded spec",
    { lastReconciledSpec: '{"spec":{"cpu":1.0,"flinkConfiguration":{"s3.secret-key":"hush"}}}' },
    { lastReconciledSpec: '{"spec":{"cpu":1.0,"flinkConfiguration":{"s3.secret-key":"******"}}}' },
  ],
])("masks a secret in %s", (_, data, expected) => expect(redactData(data)).toEqual(expected));

it.each([
  [
    "the name of a Secret",
    { secretKeyRef: { name: "db", key: "password" }, imagePullSecrets: [{ name: "pull" }] },
  ],
  ["a recorded spec without a secret, byte for byte", { spec: '{"a" : 1.0, "secretName":"s"}' }],
  ["what is no text", { a: 1, b: null, c: true, token: null }],
])("keeps %s", (_, data) => expect(redactData(data)).toEqual(data));
