import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { expect } from "vitest";
import { kube, types } from "./support/cluster.ts";
import { kubeconfigPath, kubectl, localkube, root } from "./support/commands.ts";
import { counterArgs } from "./support/counter.ts";
import { scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** kubectl as it comes, with the plugin on its PATH. */
async function asUser(kubeconfig: string): Promise<(...args: string[]) => Promise<Ended>> {
  const folder = mkdtempSync(join(tmpdir(), "kubectl-flink-"));
  const program = join(folder, "kubectl");
  writeFileSync(program, `#!/bin/sh\nexec ${localkube} kubectl --kubeconfig "${kubeconfig}" "$@"\n`);
  chmodSync(program, 0o755);
  const PATH = `${folder}:${join(root, "bin")}:${process.env.PATH}`;
  return (...args) =>
    new Promise((resolve) => {
      execFile(
        join(root, "bin/kubectl-flink"),
        args,
        { env: { ...process.env, PATH } },
        (error, stdout, stderr) =>
          resolve({ stdout, stderr, code: error === null ? 0 : Number(error.code ?? 1) }),
      );
    });
}

/** The cluster's administrator acts as this user, who may only read in one namespace. */
async function readOnlyUser(namespace: string): Promise<string> {
  const name = "reader";
  const role = ["create", "role", name, "--verb=get,list", "--resource=flinkdeployments.flink.apache.org"];
  await kubectl("-n", namespace, ...role, "--resource=flinksessionjobs.flink.apache.org", "--resource=pods");
  await kubectl("-n", namespace, "create", "rolebinding", name, `--role=${name}`, `--user=${name}`);
  const config = load(readFileSync(await kubeconfigPath(), "utf8")) as { users: { user: object }[] };
  for (const each of config.users) each.user = { ...each.user, as: name };
  const path = join(mkdtempSync(join(tmpdir(), "reader-")), "kubeconfig");
  writeFileSync(path, dump(config), { mode: 0o600 });
  return path;
}

scenario("kubectl flink says how jobs are, why, and what an edit would do", "plugin", async (context) => {
  const { namespace, step } = context;
  const flink = await asUser(await kubeconfigPath());
  const n = ["-n", namespace.name];
  const app = await context.apply({ job: { upgradeMode: "savepoint", args: counterArgs({}) } });
  const stuck = await context.apply({ image: "localhost/nothing-of-that-name:1" }, "stuck");
  await app.running();
  await app.checkpointed();

  step("a healthy job");
  expect((await flink("status", "counter", ...n)).stdout).toMatch(
    /^FlinkDeployment .*\/counter\nHealth: +Ready/,
  );
  const explained = await flink("explain", "counter", ...n);
  expect(explained.stdout).toMatch(/Flink calls the job RUNNING/);
  expect(explained.stdout).toMatch(/checkpoint \d+ of job .*: a restart takes a savepoint, which is newer/);
  expect((await flink("snapshot", "counter", ...n, "--wait")).stdout).toMatch(/\/savepoints\/savepoint-/);
  expect((await flink("events", "counter", ...n)).stdout).toMatch(/JobStatusChanged/);

  step("the plan of an edit, and the edit");
  const { spec } = await app.resource();
  const manifest = (change: object): string => {
    const path = join(mkdtempSync(join(tmpdir(), "plan-")), "counter.yaml");
    const object = {
      apiVersion: "flink.apache.org/v1beta1",
      kind: "FlinkDeployment",
      metadata: { name: "counter", namespace: namespace.name },
      spec: { ...spec, ...change },
    };
    writeFileSync(path, dump(object));
    return path;
  };
  expect(await flink("plan", "-f", manifest({}))).toMatchObject({ code: 0 });
  const edited = manifest({ restartNonce: 7 });
  const plan = await flink("plan", "-f", edited);
  expect(plan).toMatchObject({ code: 2 });
  expect(plan.stdout).toMatch(
    /1\. have the API server check[\s\S]*2\. stop the job with a savepoint[\s\S]*create the cluster counter/,
  );
  expect((await flink("plan", "-f", manifest({ flinkVersion: "v9_9" }))).code).toBe(3);
  const { jid } = await app.running();
  expect(await flink("apply", "-f", edited)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/nothing was changed: the edit stops what runs.*add --yes/),
  });
  expect((await app.running()).jid).toBe(jid);
  const applied = await flink("apply", "-f", edited, "--yes");
  expect(applied).toMatchObject({ code: 0, stdout: expect.stringMatching(/counter: edited\n.*\n$/) });
  const second = (await app.running()).jid;
  expect(second).not.toBe(jid);
  expect((await flink("restart", "counter", ...n, "--wait")).code).toBe(0);
  expect((await app.running()).jid).not.toBe(second);

  step("load, old snapshots, and what a change of operators would do");
  await until("Flink has metrics", async () => {
    const { stdout } = await flink("top", "counter", ...n);
    return /^FlinkDeployment .*counter: RUNNING, [\s\S]*BUSY MAX[\s\S]*\d+%/.test(stdout);
  });
  expect((await flink("snapshots", "prune", "counter", ...n, "--keep", "0", "--dry-run")).stdout).toMatch(
    /^SNAPSHOT .*\ncounter-savepoint-/,
  );
  expect(await flink("migrate", "counter", ...n)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/counter +FlinkDeployment +same/),
  });

  step("a report, and the replay of what the operator has recorded in it");
  const folder = mkdtempSync(join(tmpdir(), "report-"));
  const report = await flink("report", "counter", ...n, "--file", join(folder, "report.tar.gz"));
  expect(report.stdout).toMatch(/flink\/exceptions\.json/);
  expect(report.stdout).toMatch(/logs\/counter-.*\.log/);
  expect(report.stdout).toMatch(/operator\/recording\.json/);
  expect(report).toMatchObject({ code: 0, stdout: expect.not.stringContaining("Not in it") });
  execFileSync("tar", ["-xzf", join(folder, "report.tar.gz"), "-C", folder, "--strip-components=1"]);
  const replayed = await flink("replay", join(folder, "operator/recording.json"));
  expect(replayed.stdout).toMatch(/stop-with-savepoint .* same\n/);
  expect(replayed).toMatchObject({ code: 0, stdout: expect.not.stringContaining("differs") });

  step("an edit that waits for approval");
  const approval = { "kubernetes.operator.upgrade.approval": "manual" };
  const edit = JSON.stringify({ spec: { flinkConfiguration: approval, restartNonce: 20 } });
  const before = (await app.running()).jid;
  await kubectl(...n, "patch", "flinkdeployment", "counter", "--type=merge", "-p", edit);
  await until("the edit waits", async () => (await app.status()).pendingChange?.effect === "restart");
  expect((await flink("status", "counter", ...n)).stdout).toMatch(
    /Health: +InProgress \(WaitingForApproval\)[\s\S]*Then: +validate; stop with savepoint[\s\S]*Downtime: +last time/,
  );
  expect((await app.status()).jobStatus).toMatchObject({ jobId: before, state: "RUNNING" });
  expect((await flink("approve", "counter", ...n, "--wait")).stdout).toMatch(/is approved\n.*The job runs/);
  expect((await app.running()).jid).not.toBe(before);
  expect((await app.status()).pendingChange).toBeUndefined();

  step("one that does not start");
  await until("its image is looked for in vain", async () => (await stuck.status()).error !== undefined);
  const [, first] = (await flink("status", ...n)).stdout.split("\n");
  expect(first).toMatch(/^stuck .*Stalled.*failed to pull/);
  expect((await flink("explain", "stuck", ...n)).stdout).toMatch(/Pod stuck-.*: (ErrImage|ImagePull)/);

  step("suspended");
  expect((await flink("suspend", "counter", ...n, "--wait")).code).toBe(0);
  expect((await flink("status", "counter", ...n)).stdout).toMatch(/Health: +Suspended/);
  expect((await flink("plan", "-f", manifest({ job: { ...spec.job, state: "running" } }))).stdout).toMatch(
    /the edit starts it[\s\S]*Restored from:\n {2}\S*savepoint-/,
  );

  step("a user who may only read");
  const reader = await asUser(await readOnlyUser(namespace.name));
  expect((await reader("status", "counter", ...n)).stdout).toMatch(
    /Health: +Suspended[\s\S]*not shown: snapshots: you are not allowed/,
  );
  const partial = await reader("report", "counter", ...n, "--file", join(folder, "partial.tar.gz"));
  expect(partial.stdout).toMatch(/flink\/jobs\.json: you are not allowed.*"reader" cannot get/);
  expect(partial.stdout).toMatch(/operator: you are not allowed.*"reader" cannot list/);
  expect(await reader("apply", "-f", edited, "--yes")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/you are not allowed to do this: .*"reader" cannot patch/),
  });
  expect((await reader("plan", "-f", edited)).stdout).toMatch(
    /the API server was not asked to validate the edit/,
  );
  expect(await reader("resume", "counter", ...n)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^kubectl-flink: you are not allowed to do this: .*"reader" cannot patch/),
  });
  expect(
    (await kube().get(types.flinkDeployment, namespace.name, "counter")).metadata.generation,
  ).toBeGreaterThan(1);
});
