import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { aJobId } from "../../../core/job/situation.fixture.ts";
import { type FakeAnswer, holding, list, runCommand } from "../fakeKubectl.fixture.ts";
import { cluster, live, running, spec } from "../runningJob.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "report-"));

/** The text of each file of an archive, by its path. */
function unpacked(archive: string): Map<string, string> {
  const to = mkdtempSync(join(tmpdir(), "unpacked-"));
  execFileSync("tar", ["-xzf", archive, "-C", to]);
  const names = execFileSync("tar", ["-tzf", archive], { encoding: "utf8" }).trim().split("\n");
  return new Map(
    names.map((name) => [name.replace("flink-report-ns-job/", ""), readFileSync(join(to, name), "utf8")]),
  );
}

const secretive = {
  ...live,
  spec: {
    ...spec,
    flinkConfiguration: { ...spec.flinkConfiguration, "s3.secret-key": "hush" },
    podTemplate: { spec: { containers: [{ name: "c", env: [{ name: "DB_PASSWORD", value: "hush" }] }] } },
  },
};

/** An operator that has recorded one pass, behind a forwarded port. */
async function withOperator<Result>(
  run: (answers: readonly FakeAnswer[]) => Promise<Result>,
): Promise<Result> {
  const server = createServer((request, response) => {
    const isAsked = request.url === "/recordings?namespace=ns&name=job";
    response.writeHead(isAsked ? 200 : 404).end(JSON.stringify({ format: 1, passes: [{}] }));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const pod = { metadata: { name: "operator-1", namespace: "ops" }, status: { phase: "Running" } };
  try {
    return await run([
      { when: "labelSelector=app.kubernetes.io%2Fname%3Dflink-kubernetes-operator", stdout: list(pod) },
      {
        when: "port-forward -n ops pod/operator-1 :8086",
        stdout: `Forwarding from 127.0.0.1:${port} -> 8086\n`,
      },
      { when: "logs -n ops operator-1", stdout: "reconciled password=hush\n" },
    ]);
  } finally {
    server.close();
  }
}

const answers: readonly FakeAnswer[] = [
  { when: "logs -n ns job-x", stdout: "INFO started with s3.secret-key=hush\n" },
  { when: "proxy/jobmanager/config", stdout: [{ key: "s3.secret-key", value: "hush" }] },
  { when: `proxy/jobs/${aJobId}/checkpoints/config`, stdout: { interval: 1 } },
  ...cluster,
  ...holding(secretive),
];

it("packs what support needs, and lists it, without secrets", async () => {
  const file = join(folder, "whole.tar.gz");
  const { stdout, code } = await withOperator((operator) =>
    runCommand([...operator, ...answers], "report", "job", "-n", "ns", "--file", file),
  );
  const files = unpacked(file);
  for (const name of [
    "resource.yaml",
    "explain.txt",
    "events.yaml",
    "logs/job-x.log",
    "flink/exceptions.json",
  ])
    expect([...files.keys()]).toContain(name);
  expect(files.get("operator/recording.json")).toContain('"passes":[{}]');
  expect(files.get("operator/operator-1.log")).toBe("reconciled password=******\n");
  for (const [name, text] of files)
    expect({ name, hush: text.includes("hush") }).toEqual({ name, hush: false });
  expect(files.get("resource.yaml")).toContain("DB_PASSWORD");
  expect(stdout).toMatch(/^resource\.yaml {2}\d+ bytes\n/m);
  expect(stdout).toMatch(/whole\.tar\.gz: written; read it before you pass it on\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(code).toBe(0);
});

const noOperator = { when: "labelSelector=app.kubernetes.io", stdout: list() };

it("names what the caller may not read, and packs the rest", async () => {
  const file = join(folder, "rest.tar.gz");
  const forbidden = {
    when: "/configmaps?",
    stderr: 'Error from server (Forbidden): User "eve" cannot list resource "configmaps"',
  };
  const { stdout, code } = await runCommand(
    [forbidden, noOperator, ...running],
    "report",
    "job",
    "-n",
    "ns",
    "--file",
    file,
  );
  expect(stdout).toMatch(/Not in it:[\s\S]*configmaps\.yaml: you are not allowed to do this: User "eve"/);
  expect(stdout).toMatch(/operator: there are no pods/);
  expect(unpacked(file).get("contents.txt")).toContain("configmaps.yaml: you are not allowed");
  expect(code).toBe(0);
});

it("overwrites no file", async () => {
  const file = join(folder, "twice.tar.gz");
  await runCommand(running, "report", "job", "-n", "ns", "--file", file);
  const { stderr, code } = await runCommand(running, "report", "job", "-n", "ns", "--file", file);
  expect([stderr, code]).toEqual([[`${file} exists already: give another --file`], 1]);
});

it("keeps the end of a log that is too long", async () => {
  const file = join(folder, "long.tar.gz");
  const log = { when: "logs -n ns job-x", stdout: `${"x".repeat(1_200_000)}the end` };
  const { stdout } = await runCommand([log, ...running], "report", "job", "-n", "ns", "--file", file);
  expect(stdout).toMatch(/logs\/job-x\.log {2}1048576 bytes, only the end/);
  expect(unpacked(file).get("logs/job-x.log")).toMatch(/the end$/);
});
