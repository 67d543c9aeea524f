import { expect, it } from "vitest";
import { artifactSettings } from "./artifactSettings.ts";
import { flinkConfig } from "./flinkConfig.ts";

const settings = (config: Record<string, string> = {}, env: Record<string, string> = {}) =>
  artifactSettings(flinkConfig(config), env);

it("have the defaults of the reference", () => {
  expect(settings()).toMatchObject({
    policy: { schemes: ["https"], restrictedHosts: "refuse" },
    directory: "/opt/flink/artifacts",
    maxBytes: 2 * 1_024 ** 3,
    cacheBytes: 1_024 ** 3,
    deadlineMs: 600_000,
    s3: { endpoint: undefined, region: undefined, pathStyle: false, credentials: undefined },
  });
});

it("have schemes in any case", () => {
  const key = "kubernetes.operator.user.artifacts.allowed-schemes";
  expect(settings({ [key]: "HTTPS;s3" }).policy.schemes).toEqual(["https", "s3"]);
});

const keys = (accessKeyId: string, secretAccessKey: string, sessionToken?: string) => ({
  kind: "keys",
  keys: { accessKeyId, secretAccessKey, sessionToken },
});

it.each([
  [{ "s3.access-key": "a", "s3.secret-key": "b" }, {}, keys("a", "b")],
  [
    { "s3.access.key": "a", "s3.secret.key": "b" },
    { AWS_ACCESS_KEY_ID: "c", AWS_SECRET_ACCESS_KEY: "d" },
    keys("a", "b"),
  ],
  [
    { "s3.access-key": "a" },
    { AWS_ACCESS_KEY_ID: "c", AWS_SECRET_ACCESS_KEY: "d", AWS_SESSION_TOKEN: "e" },
    keys("c", "d", "e"),
  ],
  [
    {},
    { AWS_WEB_IDENTITY_TOKEN_FILE: "/token", AWS_ROLE_ARN: "arn" },
    {
      kind: "web-identity",
      tokenFile: "/token",
      roleArn: "arn",
      sessionName: "flink-kubernetes-operator",
      endpoint: undefined,
    },
  ],
  [{}, { AWS_ROLE_ARN: "arn" }, undefined],
])(
  "take S3's credentials from the configuration, then from the environment: %o %o",
  (config, env, credentials) => {
    expect(settings(config as Record<string, string>, env as Record<string, string>).s3.credentials).toEqual(
      credentials,
    );
  },
);

it.each([
  [
    { "s3.endpoint": "http://minio:9000", "s3.path.style.access": "true" },
    {},
    { endpoint: "http://minio:9000", pathStyle: true },
  ],
  [{ "s3.endpoint": "minio.example.org" }, {}, { endpoint: "https://minio.example.org", pathStyle: false }],
  [{ "s3.endpoint.region": "a" }, { AWS_REGION: "b" }, { region: "a" }],
  [{}, { AWS_REGION: "b", AWS_ENDPOINT_URL: "http://c" }, { region: "b", endpoint: "http://c" }],
])("have the endpoint of S3: %o %o", (config, env, s3) => {
  expect(settings(config as Record<string, string>, env as Record<string, string>).s3).toMatchObject(s3);
});
