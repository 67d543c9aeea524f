import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Agent, request } from "undici";
import { afterEach, expect, it } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { issueCertificate, type KeyedCertificate } from "../admission/certificates/issue.ts";

const issue = () =>
  issueCertificate(["webhook.svc"], { notBefore: Date.now() - 1_000, notAfter: Date.now() + 3_600_000 });

interface LogLine {
  readonly msg: string;
  readonly port?: number;
  readonly error?: { readonly message: string };
}

let children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
});

/** The operator's program with this command, and an API server that gets no requests. */
function start(command: string, env: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "admission-"));
  const kubeconfig = {
    clusters: [{ name: "a", cluster: { server: "http://127.0.0.1:1" } }],
    users: [{ name: "a", user: {} }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
    "current-context": "a",
  };
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(kubeconfig));
  const child = spawn(process.execPath, ["src/cmd/main.ts", command], {
    cwd: join(import.meta.dirname, "../.."),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      LOG_FORMAT: "json",
      PATH: process.env.PATH,
      KUBECONFIG: join(folder, "kubeconfig"),
      FLINK_CONF_DIR: folder,
      WEBHOOK_SERVER_PORT: "0",
      ...env,
    },
  });
  children.push(child);
  const lines: LogLine[] = [];
  const exited = once(child, "exit");
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as LogLine));
  const logged = (text: string) => lines.find(({ msg }) => msg.includes(text));
  return { child, exited, lines, logged };
}

async function isReady(port: number, ca: string): Promise<boolean> {
  const dispatcher = new Agent({ connect: { ca, servername: "webhook.svc" } });
  try {
    return (await request(`https://127.0.0.1:${port}/ready`, { dispatcher })).statusCode === 200;
  } finally {
    await dispatcher.destroy();
  }
}

it("uses the mounted certificate, reloads a new one, and shuts down gracefully", async () => {
  const folder = mkdtempSync(join(tmpdir(), "certs-"));
  const mount = ({ certificate, key }: KeyedCertificate) => {
    writeFileSync(join(folder, "tls.crt"), certificate);
    writeFileSync(join(folder, "tls.key"), key);
  };
  const [first, second] = [await issue(), await issue()];
  mount(first);
  const { child, exited, logged } = start("webhook", { WEBHOOK_CERTIFICATE_DIR: folder });
  await eventually("it listens", () => logged("Answering admission reviews") !== undefined);
  const port = logged("Answering admission reviews")?.port ?? 0;
  expect(await isReady(port, first.authority)).toBe(true);
  mount(second);
  await eventually("the other certificate is served", () => isReady(port, second.authority));
  child.kill("SIGTERM");
  await eventually("it was told", () => logged("ending") !== undefined);
  // The API server may still send requests.
  expect(await isReady(port, second.authority)).toBe(true);
  expect(await exited).toEqual([0, null]);
});

it("reports why it cannot start", async () => {
  const { exited, logged } = start("admission", { WEBHOOK_CERTIFICATE_DIR: "/no/such/folder" });
  expect(await exited).toEqual([1, null]);
  expect(logged("cannot start")?.error?.message).toMatch(/cannot read the webhook's certificate: ENOENT/);
});

it("refuses an unknown command", async () => {
  const { child, exited } = start("admit", {});
  const [text] = (await once(child.stderr, "data")) as [Buffer];
  expect(text.toString()).toBe(
    'there is no command "admit": use operator, admission, autoscaler, crds, dashboard, fetch-jars, kubectl-flink, webhook\n',
  );
  expect(await exited).toEqual([2, null]);
});
