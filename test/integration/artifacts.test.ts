import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { artifactSettings } from "../../src/config/artifactSettings.ts";
import { flinkConfig } from "../../src/config/flinkConfig.ts";
import { createArtifacts } from "../../src/flink/artifacts/artifacts.ts";
import { type JarServer, startJarServer } from "../support/jarServer.ts";
import { type S3Server, startS3Server } from "../support/s3Server.ts";

/** Fetches the jars of session jobs with the operator's configuration from private servers. */

const options = "kubernetes.operator.user.artifacts.";
let folder: string;
let jar: Buffer;
let web: JarServer;
let storage: S3Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "artifacts-"));
  jar = Buffer.alloc(5_000_001, "a jar of several pieces ");
  jar.write("PK");
  await writeFile(join(folder, "job.jar"), jar);
  web = await startJarServer({
    jars: { "job.jar": join(folder, "job.jar") },
    header: { name: "X-Jar-Token", value: "private" },
    tls: true,
  });
  storage = await startS3Server();
  await storage.put("jobs", "team%20a/job.jar", join(folder, "job.jar"));
}, 900_000);

afterAll(async () => {
  await Promise.all([web?.close(), storage?.close()]);
  await rm(folder, { recursive: true });
});

function artifacts(config: Record<string, string>, ca?: string) {
  const all = flinkConfig({ [`${options}base.dir`]: folder, ...config });
  const made = createArtifacts({
    settings: () => artifactSettings(all, {}),
    retries: { most: 2, floorMs: 1 },
    transport: ca === undefined ? {} : { ca },
  });
  onTestFinished(() => made.close());
  return made;
}

async function read(from: ReturnType<typeof artifacts>, uri: string, headers: Record<string, string> = {}) {
  const artifact = await from.open(uri, { headers: new Map(Object.entries(headers)) });
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of artifact.body) chunks.push(chunk);
    expect(artifact).toMatchObject({ name: "job.jar", size: jar.length });
    return Buffer.concat(chunks);
  } finally {
    await artifact.close();
  }
}

const anyHost = { [`${options}disallow-restricted-hosts`]: "false" };
const token = { "X-Jar-Token": "private" };

it("HTTPS, with a private authority and a private header", async () => {
  expect(jar.equals(await read(artifacts(anyHost, web.ca), `${web.url}/job.jar`, token))).toBe(true);
  await expect(read(artifacts(anyHost, web.ca), `${web.url}/job.jar`)).rejects.toThrow(
    /is denied \(HTTP 401\): give what it asks for with the option kubernetes.operator.user.artifacts.http.header/,
  );
  await expect(read(artifacts(anyHost), `${web.url}/job.jar`, token)).rejects.toThrow(
    /a certificate that the operator does not trust \(\w+\): .*NODE_EXTRA_CA_CERTS/,
  );
});

it("HTTPS on a loopback address is refused unless the configuration allows it", async () => {
  const requestsBefore = web.responses.length;
  await expect(read(artifacts({}, web.ca), `${web.url}/job.jar`, token)).rejects.toThrow(
    /the host 127.0.0.1 is a loopback address: .*disallow-restricted-hosts/,
  );
  const byName = web.url.replace("127.0.0.1", "localhost");
  await expect(read(artifacts({}, web.ca), `${byName}/job.jar`, token)).rejects.toThrow(/loopback/);
  expect(web.responses).toHaveLength(requestsBefore);
});

it("a jar with a checksum is fetched once", async () => {
  const requestsBefore = web.responses.length;
  const uri = `${web.url}/job.jar#sha256=${createHash("sha256").update(jar).digest("hex")}`;
  const from = artifacts(anyHost, web.ca);
  for (const _ of [1, 2, 3]) expect(jar.equals(await read(from, uri, token))).toBe(true);
  expect(web.responses.slice(requestsBefore)).toEqual([{ path: "/job.jar", status: 200 }]);
});

it("S3, at an endpoint that is not AWS", async () => {
  const s3 = {
    [`${options}allowed-schemes`]: "s3",
    "s3.endpoint": storage.endpoint,
    "s3.path.style.access": "true",
    "s3.endpoint.region": storage.region,
    "s3.access-key": storage.accessKey,
    "s3.secret-key": storage.secretKey,
  };
  expect(jar.equals(await read(artifacts(s3), "s3://jobs/team%20a/job.jar"))).toBe(true);
  await expect(read(artifacts(s3), "s3://jobs/other.jar")).rejects.toThrow(
    "spec.job.jarURI s3://jobs/other.jar is not there (HTTP 404): check its path",
  );
  await expect(
    read(artifacts({ ...s3, "s3.secret-key": "wrong" }), "s3://jobs/team%20a/job.jar"),
  ).rejects.toThrow(/is denied \(HTTP 403\): let the operator's S3 credentials read it/);
  await expect(read(artifacts({}), "s3://jobs/team%20a/job.jar")).rejects.toThrow(
    /s3 is not among the allowed schemes \(https\)/,
  );
});
