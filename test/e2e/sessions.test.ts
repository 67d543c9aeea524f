import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { taskManagerName } from "../../src/api/v1beta1/names.ts";
import { absent, gone } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { kubectl } from "./support/commands.ts";
import { counterArgs } from "./support/counter.ts";
import type { Progress } from "./support/flink.ts";
import { startNodeJarServer, startNodeS3Server } from "./support/hostServers.ts";
import { merge } from "./support/merge.ts";
import { watchProblems } from "./support/problems.ts";
import { type Context, scenario } from "./support/scenario.ts";
import {
  applySession,
  type Session,
  type SessionJob,
  type SessionJobPatch,
  sessionJob,
} from "./support/session.ts";
import { until } from "./support/until.ts";

const header = { name: "X-Jar-Token", value: "private" };
const fromS3 = "s3://jobs/counter.jar";
let fromServer: (jar?: string) => SessionJobPatch;
let operatorConfig: Readonly<Record<string, string>>;
const cleanUps: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "jars-"));
  cleanUps.push(() => rm(folder, { recursive: true }));
  const large = join(folder, "large.jar");
  await writeFile(large, "PK");
  await truncate(large, 11 * 1024 * 1024);
  const [server, s3] = await Promise.all([
    startNodeJarServer({ header, jars: { "large.jar": large } }),
    startNodeS3Server(),
  ]);
  cleanUps.push(() => server.close(), s3.close);
  fromServer = (jar = "counter.jar") => ({
    job: { jarURI: `${server.url}/${jar}` },
    flinkConfiguration: { [`kubernetes.operator.user.artifacts.http.header.${header.name}`]: header.value },
  });
  operatorConfig = {
    ...s3.config,
    "kubernetes.operator.user.artifacts.allowed-schemes": "https;http;s3",
    "kubernetes.operator.user.artifacts.disallow-restricted-hosts": "false",
    "kubernetes.operator.user.artifacts.max-size": "10 mb",
  };
});

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

const writesTo = (output: string): SessionJobPatch => ({ job: { args: counterArgs({ output }) } });

const merged = (...patches: SessionJobPatch[]): SessionJobPatch =>
  patches.reduce((all, patch) => merge<SessionJobPatch>(all, patch), {});

/** The counter goes on with the very next number. */
function expectExactly(now: Progress, before: Progress): void {
  expect(before.count).toBeGreaterThan(0);
  expect(now).toMatchObject({ restoredCount: before.count, gaps: 0, duplicates: 0 });
}

function expectGoesOn(now: Progress): void {
  expect(now.restoredCount).toBeGreaterThan(0);
  expect(now).toMatchObject({ gaps: 0, duplicates: 0 });
}

scenario(
  "two jobs of a session cluster go through whatever befalls them, and their counts go on",
  "session",
  async (context) => {
    const { step, history, flink, namespace } = context;
    step("a session cluster, and two jobs: from a private server, and from S3");
    const session = await applySession(flink, namespace);
    const [one, two] = await Promise.all([
      session.submit("one", merged(fromServer(), { job: { upgradeMode: "savepoint" } }, writesTo("one-1"))),
      session.submit("two", merged({ job: { jarURI: fromS3 } }, writesTo("two-1"))),
    ]);
    await Promise.all([one.running(), two.running()]);
    await Promise.all([one.counted(20), two.counted(20)]);
    expect(JSON.stringify(history.events)).not.toContain(header.value);

    step("upgrades: by savepoint, and stateless");
    await Promise.all([one.edit(writesTo("one-2")), two.edit(writesTo("two-2"))]);
    const [{ jid }] = await Promise.all([one.running(), two.running()]);
    expectExactly(await one.counted(1), one.written("one-1"));
    expect(await two.counted(1)).toMatchObject({ restoredCount: 0, gaps: 0, duplicates: 0 });

    step("an upgrade by last-state, and a suspension with a savepoint");
    await Promise.all([one.checkpointed(), two.counted(20)]);
    await one.edit(merged({ job: { upgradeMode: "last-state" } }, writesTo("one-3")));
    await two.edit({ job: { upgradeMode: "savepoint", state: "suspended" } });
    expect((await one.running()).jid).not.toBe(jid);
    expectGoesOn(await one.counted(1));
    await two.lifecycle("SUSPENDED");
    expect(await session.jobs()).toHaveLength(1);

    step("resumed");
    await two.edit(merged({ job: { state: "running" } }, writesTo("two-3")));
    await two.running();
    expectExactly(await two.counted(1), two.written("two-2"));

    await killJobManager(context, session, [one, two]);
    await replaceCluster(context, session, [one, two]);
    expect(history.problems()).toEqual([]);

    await refuseJars(context, session);
    await deleteAll(context, session, [one, two]);
  },
  { ownOperator: () => operatorConfig },
);

async function killJobManager({ step, namespace }: Context, session: Session, jobs: SessionJob[]) {
  const { cluster } = session;
  step("the JobManager is killed: high availability brings its jobs back");
  await Promise.all(jobs.map((job) => job.checkpointed()));
  const before = await Promise.all(jobs.map((job) => job.running()));
  const [pod] = await cluster.pods("jobManager");
  await kube().delete(types.pod, namespace.name, pod?.metadata.name ?? "", { gracePeriodSeconds: 0 });
  // It may answer for a moment, and its jobs were restored before, too.
  await until("the killed JobManager is gone", async () =>
    (await cluster.pods("jobManager")).every(({ metadata }) => metadata.uid !== pod?.metadata.uid),
  );
  for (const { jid } of before)
    await until("the job was restored", async () => {
      const { latest } = await cluster.flink.checkpoints(jid);
      return latest.restored?.id !== undefined && latest.restored.id > 0;
    });
  const after = await Promise.all(jobs.map((job) => job.running()));
  expect(after.map(({ jid }) => jid)).toEqual(before.map(({ jid }) => jid));
  for (const job of jobs) expectGoesOn(await job.counted(1));
  expect(await session.jobs()).toHaveLength(jobs.length);
}

async function replaceCluster({ step }: Context, session: Session, [one, two]: SessionJob[]) {
  if (one === undefined || two === undefined) throw new Error("there are two jobs");
  const { cluster } = session;
  step("the session cluster changes: its jobs are saved, and go on in the next one");
  const [before] = await cluster.pods("jobManager");
  await cluster.edit({ flinkConfiguration: { "rest.flamegraph.enabled": "true" } });
  await Promise.all([one.lifecycle("UPGRADING"), two.lifecycle("UPGRADING")]);
  await until("the old JobManager is gone", async () =>
    (await cluster.pods("jobManager")).every(({ metadata }) => metadata.uid !== before?.metadata.uid),
  );
  // The next ones write to the same places, once the new JVM is up.
  const saved = [one.written("one-3"), two.written("two-3")] as const;
  await session.ready();
  await Promise.all([one.running(), two.running()]);
  expectExactly(await one.counted(1), saved[0]);
  expectExactly(await two.counted(1), saved[1]);
  expect(await session.jobs()).toHaveLength(2);
  const [decision] = (await cluster.status()).decisions ?? [];
  expect(decision).toMatchObject({ act: "Upgrade" });
  expect(decision?.facts).toContain("Session jobs that save their state first: one, two");
}

async function refuseJars({ step, history, namespace }: Context, session: Session) {
  step("a jar over the size limit, and one of another checksum");
  const checksum = "0".repeat(64);
  const refused = async (name: string, jar: string, ...words: string[]) => {
    const job = sessionJob(namespace, name);
    const watcher = watchProblems(history, job);
    await session.submit(name, fromServer(jar));
    const { message } = await watcher.reported("spec.job.jarURI", ...words);
    step(`says: ${message}`);
    await job.delete();
  };
  await Promise.all([
    refused("large", "large.jar", "user.artifacts.max-size"),
    refused("forged", `counter.jar#sha256=${checksum}`, checksum),
  ]);
}

async function deleteAll({ step, namespace }: Context, session: Session, jobs: SessionJob[]) {
  step("deleted, the cluster stays while jobs need it, and says so; then nothing is left");
  const { cluster } = session;
  await cluster.delete();
  await until("the condition names what keeps it", async () =>
    (await cluster.status()).conditions?.some(
      ({ reason, message }) =>
        reason === "Deleting" && message?.includes("these FlinkSessionJobs name it: one, two"),
    ),
  );
  expect((await cluster.status()).error).toBeUndefined();
  await Promise.all(jobs.map((job) => job.delete()));
  await absent(types.flinkDeployment, namespace.name, cluster.name);
  await gone(cluster);
}

scenario(
  "session clusters of one name in two namespaces, one standalone and scaled",
  "sessions",
  async (context) => {
    const { step, flink, namespace, otherNamespace, history } = context;
    step("each has a job of the same name");
    const standalone = {
      mode: "standalone",
      taskManager: { replicas: 1 },
      flinkConfiguration: { "taskmanager.numberOfTaskSlots": "1" },
    } as const;
    const here = await applySession(flink, namespace, standalone);
    const there = await applySession(flink, otherNamespace);
    const stateful = merged(fromServer(), { job: { upgradeMode: "savepoint" } });
    const job = await here.submit("one", stateful);
    const namesake = await there.submit("one", stateful);
    const [{ jid }, untouched] = await Promise.all([job.running(), namesake.running()]);
    expect(untouched.jid).not.toBe(jid);
    for (const session of [here, there]) expect(await session.jobs()).toHaveLength(1);

    step("a second job finds no slot before the standalone one is scaled, in place");
    const [pod] = await here.cluster.pods("jobManager");
    const second = await here.submit("two", stateful);
    await kubectl("-n", namespace.name, "scale", "flinkdep", "session", "--replicas=2");
    await second.running();
    // Flink calls a job RUNNING that still waits for slots.
    await second.counted(1);
    const { taskManager } = await here.cluster.status();
    expect(taskManager).toMatchObject({ replicas: 2 });
    expect((await job.running()).jid).toBe(jid);
    expect((await here.cluster.pods("jobManager"))[0]?.metadata.uid).toBe(pod?.metadata.uid);
    expect(await job.counted(1)).toMatchObject({ restoredCount: 0, gaps: 0, duplicates: 0 });
    expect(history.problems()).toEqual([]);

    step("its TaskManagers are lost, and come back");
    await Promise.all([job.checkpointed(), second.checkpointed()]);
    const deployment = await kube().get(types.deployment, namespace.name, taskManagerName("session"));
    await kube().delete(types.deployment, namespace.name, deployment.metadata.name, {
      propagation: "Foreground",
    });
    await until("both jobs were restored", async () => {
      const jobs = await here.cluster.flink.jobs();
      const all = await Promise.all(jobs.map((each) => here.cluster.flink.checkpoints(each.jid)));
      return all.length === 2 && all.every(({ counts }) => counts.restored > 0);
    });
    expect((await job.running()).jid).toBe(jid);
    expectGoesOn(await job.restored(0));

    step("deleted, and its namesake is as it was");
    await Promise.all([job.delete(), second.delete(), here.cluster.delete()]);
    await gone(here.cluster);
    expect((await namesake.running()).jid).toBe(untouched.jid);
    expect(await namesake.counted(1)).toMatchObject({ restoredCount: 0, gaps: 0, duplicates: 0 });
  },
  { ownOperator: () => operatorConfig, otherPrefix: "sessions-other", turns: 2 },
);
