import { readFile } from "node:fs/promises";
import type { S3Keys, S3Settings } from "../../api/artifactSettings.ts";
import { ArtifactError } from "./api.ts";
import type { Transport } from "./transport.ts";

/** Temporary keys are replaced this long before they expire. */
const marginMs = 5 * 60_000;

/** The keys to sign with. The token of a web identity (IRSA on EKS) is exchanged for temporary keys, which are cached. */
export function createS3Keys(
  transport: Transport,
  now: () => number,
): (settings: S3Settings, signal: AbortSignal) => Promise<S3Keys> {
  let held: { readonly of: string; readonly keys: S3Keys; readonly until: number } | undefined;
  return async ({ credentials, region }, signal) => {
    if (credentials === undefined) {
      throw new ArtifactError(
        "denied",
        "the operator has no credentials for S3: set s3.access-key and s3.secret-key in its configuration, or AWS_ACCESS_KEY_ID " +
          "and AWS_SECRET_ACCESS_KEY or a web identity in its environment",
      );
    }
    if (credentials.kind === "keys") return credentials.keys;
    const of = JSON.stringify(credentials);
    if (held?.of === of && now() < held.until) return held.keys;
    const sts = credentials.endpoint ?? `https://sts.${region ?? "us-east-1"}.amazonaws.com`;
    const query = new URLSearchParams({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: credentials.roleArn,
      RoleSessionName: credentials.sessionName,
      WebIdentityToken: (await readFile(credentials.tokenFile, "utf8")).trim(),
    });
    const reply = await transport.get(new URL(`/?${query}`, sts), { accept: "application/json" }, signal);
    const { keys, expiration } = readKeys(await textOf(reply.body), reply.status);
    held = { of, keys, until: expiration - marginMs };
    return keys;
  };
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > 65_536) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function readKeys(text: string, status: number): { keys: S3Keys; expiration: number } {
  if (status >= 500)
    throw new ArtifactError("unavailable", `AWS's security token service is not available (HTTP ${status})`);
  if (status !== 200) {
    const code = /"Code":\s*"(\w+)"|<Code>(\w+)</.exec(text);
    throw new ArtifactError(
      "denied",
      `the operator's web identity is refused (HTTP ${status} ${code?.[1] ?? code?.[2] ?? ""}): check AWS_ROLE_ARN and the role's trust`,
    );
  }
  // The service responds in XML if it ignores the Accept header. The field names are the same.
  const field = (name: string): string => {
    const found = new RegExp(`"${name}":\\s*"?([^",}]+)|<${name}>([^<]+)<`).exec(text);
    const value = found?.[1] ?? found?.[2];
    if (value === undefined)
      throw new ArtifactError("unavailable", `AWS's security token service answers without ${name}`);
    return value;
  };
  const expiration = field("Expiration");
  // Seconds in JSON, a date in XML.
  const until = /^[\d.E+]+$/.test(expiration) ? Number(expiration) * 1_000 : Date.parse(expiration);
  return {
    keys: {
      accessKeyId: field("AccessKeyId"),
      secretAccessKey: field("SecretAccessKey"),
      sessionToken: field("SessionToken"),
    },
    expiration: until,
  };
}
