import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsClient } from "aws4fetch";
import { cached, keyOf } from "../../images/cache.ts";
import { run } from "../../images/command.ts";
import { step } from "../../images/progress.ts";
import { eventually } from "./eventually.ts";

const module = "github.com/versity/versitygw/cmd/versitygw";
const version = "v1.8.0";

/** Versity's S3 gateway for a folder. It is built once on a machine, which takes some minutes. */
const gateway = (): Promise<string> =>
  cached({ name: "versitygw", key: keyOf([module, version]), extension: "" }, (path) =>
    step(`building the S3 server (versitygw ${version})`, async () => {
      const bin = `${path}.bin`;
      await run("go", ["install", "-ldflags", "-s -w", `${module}@${version}`], {
        env: { GOBIN: bin, CGO_ENABLED: "0" },
      });
      await rename(join(bin, "versitygw"), path);
      await rm(bin, { recursive: true });
    }),
  );

export interface S3Server {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** Creates the bucket if it is missing, and uploads the file. */
  put(bucket: string, key: string, file: string): Promise<void>;
  close(): Promise<void>;
}

/** A real S3-compatible server on an address of this machine: 127.0.0.1, or the node's address for pods. */
export async function startS3Server({ address = "127.0.0.1" } = {}): Promise<S3Server> {
  const program = await gateway();
  const folder = await mkdtemp(join(tmpdir(), "s3-server-"));
  const port = await freePort(address);
  const [accessKey, secretKey, region] = ["jars-access", "jars-secret-of-the-test", "eu-test-1"];
  const child = spawn(program, ["--port", `${address}:${port}`, "posix", "--nometa", folder], {
    env: { ...process.env, ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey, VGW_REGION: region },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = once(child, "close");
  const endpoint = `http://${address}:${port}`;
  const s3 = new AwsClient({
    accessKeyId: accessKey,
    secretAccessKey: secretKey,
    region,
    service: "s3",
    retries: 0,
  });
  async function send(method: string, path: string, body?: Buffer): Promise<void> {
    const response = await s3.fetch(`${endpoint}/${path}`, {
      method,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    if (!response.ok && response.status !== 409)
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }
  const server: S3Server = {
    endpoint,
    accessKey,
    secretKey,
    region,
    async put(bucket, key, file) {
      await send("PUT", bucket);
      await send("PUT", `${bucket}/${key}`, await readFile(file));
    },
    async close() {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true });
    },
  };
  try {
    await eventually(`the S3 server answers`, async () => {
      if (child.exitCode !== null) throw new Error(`the S3 server ended:\n${output}`);
      return send("GET", "").then(
        () => true,
        () => false,
      );
    });
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
