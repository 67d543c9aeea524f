import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startJarServer } from "../../test/support/jarServer.ts";
import { downloadJars } from "./jarDownload.ts";

const content = "PK and so on";
const sha256 = createHash("sha256").update(content).digest("hex");
const header = { name: "X-Token", value: "own" };
const rules = {
  "kubernetes.operator.user.artifacts.allowed-schemes": "http",
  "kubernetes.operator.user.artifacts.disallow-restricted-hosts": "false",
  "kubernetes.operator.user.artifacts.http.header.X-Token": "own",
};

/** Downloads one jar; resolves to what is in the directory of jars then. */
async function download(checksum: string, options: Record<string, string> = rules) {
  const folder = mkdtempSync(join(tmpdir(), "jars-"));
  const jar = join(folder, "source");
  writeFileSync(jar, content);
  const server = await startJarServer({ jars: { "a.jar": jar }, header });
  onTestFinished(() => server.close());
  const request = mkdtempSync(join(tmpdir(), "request-"));
  const to = mkdtempSync(join(tmpdir(), "fetched-"));
  const jars = [
    {
      field: "spec.job.jars[0].uri",
      uri: `${server.url}/a.jar#sha256=${checksum}`,
      path: join(to, "0-a.jar"),
    },
  ];
  writeFileSync(join(request, "jars.json"), JSON.stringify({ jars, options }));
  const fetched: string[] = [];
  const error = await downloadJars(request, {}, (path) => fetched.push(path)).catch(String);
  return { error, fetched, to, files: readdirSync(to) };
}

it("fetches the jars of the request, with its headers", async () => {
  const { error, fetched, to } = await download(sha256);
  expect(error).toBeUndefined();
  expect(fetched).toEqual([join(to, "0-a.jar")]);
  expect(readFileSync(join(to, "0-a.jar"), "utf8")).toBe(content);
});

it("leaves no jar of another checksum", async () => {
  const { error, files } = await download("0".repeat(64));
  expect(error).toMatch(/spec\.job\.jars\[0\]\.uri .* has the SHA-256 checksum/);
  expect(files).not.toContain("0-a.jar");
});

it("keeps to the rules of the operator", async () => {
  const { error } = await download(sha256, { ...rules, [Object.keys(rules)[0] ?? ""]: "https" });
  expect(error).toMatch(/http is not among the allowed schemes/);
});
