import type { ArtifactSettings, S3CredentialsSource, S3Settings } from "../api/artifactSettings.ts";
import type { FlinkConfig } from "./flinkConfig.ts";
import { jarPolicy } from "./jarPolicy.ts";
import { operatorOptions } from "./operatorOptions.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings for fetching the jars of session jobs, from the operator's configuration and environment. */
export const artifactSettings = (config: FlinkConfig, env: Environment): ArtifactSettings => ({
  policy: jarPolicy(config),
  directory: config.get(operatorOptions.artifactDirectory),
  maxBytes: Number(config.get(operatorOptions.artifactMaxSize)),
  maxBytesOption: operatorOptions.artifactMaxSize.key,
  cacheBytes: Number(config.get(operatorOptions.artifactCacheSize)),
  parallelism: config.get(operatorOptions.artifactParallelism),
  deadlineMs: config.get(operatorOptions.submissionTimeout),
  s3: s3Settings(config, env),
});

/**
 * As in Flink's S3 plugins: first `s3.…` in the spellings of the plugins and of Hadoop, then the environment variables of
 * AWS's own tools.
 */
function s3Settings(config: FlinkConfig, env: Environment): S3Settings {
  const s3 = (...names: string[]): string | undefined =>
    first(names.map((name) => config.entries.get(`s3.${name}`)));
  const endpoint = s3("endpoint") ?? first([env.AWS_ENDPOINT_URL_S3, env.AWS_ENDPOINT_URL]);
  return {
    endpoint: endpoint === undefined || /^https?:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`,
    region:
      s3("region", "endpoint.region", "endpoint-region") ?? first([env.AWS_REGION, env.AWS_DEFAULT_REGION]),
    pathStyle: s3("path.style.access", "path-style-access")?.trim().toLowerCase() === "true",
    credentials: keysOf(s3) ?? credentialsOf(env),
  };
}

function keysOf(s3: (...names: string[]) => string | undefined): S3CredentialsSource | undefined {
  const accessKeyId = s3("access-key", "access.key");
  const secretAccessKey = s3("secret-key", "secret.key");
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return {
    kind: "keys",
    keys: { accessKeyId, secretAccessKey, sessionToken: s3("session-token", "session.token") },
  };
}

function credentialsOf(env: Environment): S3CredentialsSource | undefined {
  const [accessKeyId, secretAccessKey] = [first([env.AWS_ACCESS_KEY_ID]), first([env.AWS_SECRET_ACCESS_KEY])];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return {
      kind: "keys",
      keys: { accessKeyId, secretAccessKey, sessionToken: first([env.AWS_SESSION_TOKEN]) },
    };
  }
  const [tokenFile, roleArn] = [first([env.AWS_WEB_IDENTITY_TOKEN_FILE]), first([env.AWS_ROLE_ARN])];
  if (tokenFile === undefined || roleArn === undefined) return undefined;
  return {
    kind: "web-identity",
    tokenFile,
    roleArn,
    sessionName: first([env.AWS_ROLE_SESSION_NAME]) ?? "flink-kubernetes-operator",
    endpoint: first([env.AWS_ENDPOINT_URL_STS]),
  };
}

const first = (texts: readonly (string | undefined)[]): string | undefined =>
  texts.map((text) => text?.trim()).find((text) => text !== undefined && text !== "");
