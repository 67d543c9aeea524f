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
  [
    "nested keys of a configuration",
    { flinkConfiguration: { s3: { secret: { key: "hush" }, region: "eu" } } },
    { flinkConfiguration: { s3: { secret: { key: "******" }, region: "eu" } } },
  ],
  [
    "nested keys of a configuration file",
    { "config.yaml": "s3:\n  secret:\n    key: hush\n" },
    { "config.yaml": "s3:\n  secret:\n    key: '******'\n" },
  ],
  ["JSON within JSON", ['{"a":"{\\"password\\":\\"hush\\"}"}'], ['{"a":"{\\"password\\":\\"******\\"}"}']],
  [
    "YAML within JSON",
    ['{"a":"user: u\\npassword: hush\\n"}'],
    ['{"a":"user: u\\npassword: \'******\'\\n"}'],
  ],
  ["a JSON array", ['[{"password":"hush"}]'], ['[{"password":"******"}]']],
  [
    "the argument after an option",
    { args: ["--db-password", "hush", "--x"] },
    { args: ["--db-password", "******", "--x"] },
  ],
  ["a shell's command", ["sh", "-c", "run --db-password hush"], ["sh", "-c", "run --db-password ******"]],
  [
    "a configuration whose key ends like the name of an object",
    { flinkConfiguration: { "my.secretRef": "a", "db.passwordName": "b", apiSecrets: "c", secretName: "d" } },
    {
      flinkConfiguration: {
        "my.secretRef": "******",
        "db.passwordName": "******",
        apiSecrets: "******",
        secretName: "******",
      },
    },
  ],
  [
    "a header with parameters",
    { "a.http.header": "Cookie: a=1; session=hush, more, x: y" },
    { "a.http.header": "Cookie: ******, x: ******" },
  ],
  ["a list of headers that is none", { "a.http.header": "hush" }, { "a.http.header": "******" }],
  [
    "a header of a probe",
    { httpGet: { httpHeaders: [{ name: "Authorization", value: "Basic aHVzaA==" }] } },
    { httpGet: { httpHeaders: [{ name: "Authorization", value: "******" }] } },
  ],
  ["a variable that is a number", [{ name: "DB_PASS", value: 1 }], [{ name: "DB_PASS", value: "******" }]],
])("masks a secret in %s", (_, data, expected) => expect(redactData(data)).toEqual(expected));

it.each([
  [
    "the name of a Secret",
    { secretKeyRef: { name: "db", key: "password" }, imagePullSecrets: [{ name: "pull" }] },
  ],
  [
    "a volume of a Secret",
    {
      volumes: [
        { secret: { secretName: "db", defaultMode: 420, items: [{ key: "a", path: "b" }] } },
        {
          projected: {
            sources: [{ secret: { name: "db" } }, { serviceAccountToken: { expirationSeconds: 1 } }],
          },
        },
      ],
      envFrom: [{ secretRef: { name: "db" } }],
    },
  ],
  ["a recorded spec without a secret, byte for byte", { spec: '{"a" : 1.0, "secretName":"s"}' }],
  ["what is no text", { a: 1, b: null, c: true, token: null }],
])("keeps %s", (_, data) => expect(redactData(data)).toEqual(data));

it("does not read YAML with an alias", () => {
  const text = "a: &x\n  b: c\nd: *x\ns3:\n  secret:\n    key: hush\npassword: hush\n";
  expect(redactData(text)).toBe(text.replace("password: hush", "password: ******"));
});

it("does not read a text that is long", () => {
  const long = (prefix: string, suffix: string) => `${prefix}${"x".repeat(300_000)}${suffix}`;
  const yaml = long("s3:\n  secret:\n    key: a\n#", "\npassword: hush");
  expect(redactData(yaml)).toBe(yaml.replace("hush", "******"));
  const json = long('{"password":"hush","x":"', '"}');
  expect(redactData(json)).toBe(json.replace('"hush"', "******"));
});

it("takes linear time on a text without the end of a line", () => {
  const start = performance.now();
  redactData(":".repeat(60_000));
  redactData(":".repeat(1_000_000));
  expect(performance.now() - start).toBeLessThan(1_000);
});
