import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { S3Settings } from "../../api/artifactSettings.ts";
import { readJarUri } from "../../api/jarUri.ts";
import { s3Remote } from "./s3.ts";
import { artifactsWith, failureOf, read, serve } from "./source.fixture.ts";
import type { Reply } from "./transport.ts";

const keys = { accessKeyId: "AK", secretAccessKey: "SK", sessionToken: undefined };
const s3 = (over: Partial<S3Settings>): { s3: S3Settings } => ({
  s3: {
    endpoint: undefined,
    region: "eu-test-1",
    pathStyle: true,
    credentials: { kind: "keys", keys },
    ...over,
  },
});

describe("a jar in S3", () => {
  it.each(["s3", "s3a", "s3p"])("by %s is requested with a signature, without the keys", async (scheme) => {
    const source = await serve((_, response) => response.end("PK"));
    const artifacts = artifactsWith({
      ...s3({ endpoint: `${source.url}/` }),
      policy: {
        schemes: [scheme],
        restrictedHosts: "refuse",
        options: { schemes: "", restrictedHosts: "", headers: "" },
      },
    });
    expect(await read(artifacts, `${scheme}://jobs/a/my%20job.jar`)).toBe("PK");
    const [request] = source.requests;
    expect(request?.url).toBe("/jobs/a/my%20job.jar");
    expect(request?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AK\/\d{8}\/eu-test-1\/s3\/aws4_request, SignedHeaders=host;.*Signature=[0-9a-f]{64}$/,
    );
    expect(JSON.stringify(request?.headers)).not.toContain("SK");
  });

  it.each([
    [403, "denied", /s3.access-key and s3.secret-key/],
    [404, "not-found", /is not there/],
    [307, "refused", /HTTP 307/],
  ])("is refused with %i", async (status, code, message) => {
    const source = await serve((_, response) =>
      response.writeHead(status, { location: "http://127.0.0.1:1/" }).end(),
    );
    const error = await failureOf(read(artifactsWith(s3({ endpoint: source.url })), "s3://jobs/job.jar"));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each(["s3://jobs", "s3://jobs/", "s3:///job.jar", "s3://a@evil.example.org:80/job.jar"])(
    "has a bucket and a key: %s",
    async (uri) => {
      const source = await serve((_, response) => response.writeHead(404).end());
      const error = await failureOf(read(artifactsWith(s3({ endpoint: source.url })), uri));
      expect(error.permanent).toBe(true);
    },
  );

  it("needs credentials", async () => {
    const error = await failureOf(read(artifactsWith(s3({ credentials: undefined })), "s3://jobs/job.jar"));
    expect(error).toMatchObject({ code: "denied", message: expect.stringMatching(/AWS_ACCESS_KEY_ID/) });
  });
});

/** The requested URLs. The requests get the given responses in turn. */
async function asked(
  settings: Partial<S3Settings>,
  uri: string,
  replies: Partial<Reply>[],
): Promise<string[]> {
  const urls: string[] = [];
  const read = readJarUri(uri);
  if ("wrong" in read) throw new Error(read.wrong);
  const remote = s3Remote({
    uri: read,
    settings: s3(settings).s3,
    keys: async () => keys,
    transport: {
      async get(url) {
        urls.push(url.href);
        const reply = {
          status: 200,
          header: () => undefined,
          body: [],
          discard: () => {},
          ...replies.shift(),
        };
        return reply as unknown as Reply;
      },
      close: async () => {},
    },
  });
  await remote.get({ offset: 0 }, new AbortController().signal);
  return urls;
}

describe("the URL of a bucket", () => {
  it.each<[Partial<S3Settings>, string, string]>([
    [{ pathStyle: false }, "s3://jobs/a.jar", "https://jobs.s3.eu-test-1.amazonaws.com/a.jar"],
    [{ pathStyle: false }, "s3://my.jobs/a.jar", "https://s3.eu-test-1.amazonaws.com/my.jobs/a.jar"],
    [{ pathStyle: true }, "s3://jobs/a.jar", "https://s3.eu-test-1.amazonaws.com/jobs/a.jar"],
    [{ pathStyle: false, endpoint: "http://minio:9000" }, "s3://jobs/a.jar", "http://jobs.minio:9000/a.jar"],
    [
      { pathStyle: false, endpoint: "http://10.0.0.9:9000" },
      "s3://jobs/a.jar",
      "http://10.0.0.9:9000/jobs/a.jar",
    ],
    [{ endpoint: "http://gateway/s3/" }, "s3://jobs/a.jar", "http://gateway/s3/jobs/a.jar"],
  ])("%o: %s", async (settings, uri, url) => {
    expect(await asked(settings, uri, [])).toEqual([url]);
  });

  it("has the region that AWS returns, once", async () => {
    const elsewhere = {
      status: 301,
      header: (name: string) => (name === "x-amz-bucket-region" ? "ap-south-1" : undefined),
    };
    expect(await asked({ pathStyle: false }, "s3://jobs/a.jar", [elsewhere])).toEqual([
      "https://jobs.s3.eu-test-1.amazonaws.com/a.jar",
      "https://jobs.s3.ap-south-1.amazonaws.com/a.jar",
    ]);
  });
});

describe("a web identity", () => {
  const json = {
    AssumeRoleWithWebIdentityResponse: {
      AssumeRoleWithWebIdentityResult: {
        Credentials: { AccessKeyId: "TAK", SecretAccessKey: "TSK", SessionToken: "TST", Expiration: 4e9 },
      },
    },
  };
  const xml =
    "<Credentials><AccessKeyId>TAK</AccessKeyId><SecretAccessKey>TSK</SecretAccessKey>" +
    "<SessionToken>TST</SessionToken><Expiration>2096-10-02T07:06:40Z</Expiration></Credentials>";

  async function withIdentity(answer: string, status = 200) {
    const folder = await mkdtemp(join(tmpdir(), "identity-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "token"), "the-token\n");
    const sts = await serve((_, response) => response.writeHead(status).end(answer));
    const source = await serve((_, response) => response.end("PK"));
    const credentials = {
      kind: "web-identity",
      tokenFile: join(folder, "token"),
      roleArn: "arn:aws:iam::1:role/jars",
      sessionName: "operator",
      endpoint: sts.url,
    } as const;
    return { sts, source, artifacts: artifactsWith(s3({ endpoint: source.url, credentials })) };
  }

  it.each([JSON.stringify(json), xml])("is exchanged once for temporary keys: %s", async (answer) => {
    const { sts, source, artifacts } = await withIdentity(answer);
    for (const _ of [1, 2]) await read(artifacts, "s3://jobs/job.jar");
    expect(sts.requests).toHaveLength(1);
    const query = new URL(sts.requests[0]?.url ?? "", sts.url).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      Action: "AssumeRoleWithWebIdentity",
      RoleArn: "arn:aws:iam::1:role/jars",
      WebIdentityToken: "the-token",
    });
    expect(source.requests[0]?.headers).toMatchObject({ "x-amz-security-token": "TST" });
    expect(source.requests[0]?.headers.authorization).toContain("Credential=TAK/");
  });

  it("that is refused gives the reason, and not the token", async () => {
    const { artifacts } = await withIdentity("<Error><Code>AccessDenied</Code></Error>", 403);
    const error = await failureOf(read(artifacts, "s3://jobs/job.jar"));
    expect(error).toMatchObject({
      code: "denied",
      message: expect.stringMatching(/403 AccessDenied\): check AWS_ROLE_ARN/),
    });
    expect(error.message).not.toContain("the-token");
  });
});
