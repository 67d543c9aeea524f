import { expect } from "vitest";
import { MAIN_CONTAINER } from "../../src/api/v1beta1/names.ts";
import type { Application } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { kubectl } from "./support/commands.ts";
import type { SpecPatch } from "./support/counter.ts";
import { counterArgs } from "./support/counter.ts";
import { refusal, watchProblems } from "./support/problems.ts";
import { type Context, scenario } from "./support/scenario.ts";
import { type SessionJobPatch, sessionJob, submit } from "./support/session.ts";
import { until } from "./support/until.ts";

interface BadEdit {
  readonly what: string;
  readonly edit: SpecPatch;
  readonly undo: SpecPatch;
  /** What the error names. */
  readonly says: readonly string[];
}

/** What the operator refuses: in the status and in one event. */
const badEdits: readonly BadEdit[] = [
  {
    what: "wrong quantity",
    edit: { taskManager: { resource: { memory: "1 gigabyte" } } },
    undo: { taskManager: { resource: { memory: "1024m" } } },
    says: ["spec.taskManager.resource.memory", "1 gigabyte"],
  },
  {
    what: "wrong value of an option",
    edit: { flinkConfiguration: { "taskmanager.numberOfTaskSlots": "many" } },
    undo: { flinkConfiguration: { "taskmanager.numberOfTaskSlots": "1" } },
    says: ["taskmanager.numberOfTaskSlots", "many"],
  },
  {
    what: "pod template that Kubernetes does not take",
    edit: { podTemplate: { spec: { tolerations: [{ key: "example.org/flink", operator: "Sometimes" }] } } },
    undo: { podTemplate: { spec: { tolerations: null } } },
    says: ["nothing was changed", "tolerations[0].operator", "Sometimes"],
  },
];

/** Flink 2 reads a nested file. */
const overlapping: BadEdit = {
  what: "overlapping keys",
  edit: { flinkConfiguration: { "high-availability": "kubernetes" } },
  undo: { flinkConfiguration: { "high-availability": null } },
  says: ["spec.flinkConfiguration", "high-availability -> high-availability."],
};

/** What the API server refuses by itself: field and words. */
const refused: readonly { edit: unknown; says: readonly string[] }[] = [
  {
    edit: { job: { upgradeMode: "laststate" } },
    says: ["spec.job.upgradeMode", 'Unsupported value: "laststate"', '"last-state"'],
  },
  { edit: { flinkVersion: "v9_9" }, says: ["spec.flinkVersion", 'Unsupported value: "v9_9"'] },
  { edit: { job: { parallelism: "two" } }, says: ["spec.job.parallelism", "must be of type integer"] },
  { edit: { job: { parallelism: 0 } }, says: ["spec.job.parallelism", "must be 1 or more"] },
  {
    edit: { mode: "standalone" },
    says: ["spec.mode", "cannot be changed between native and standalone; create another FlinkDeployment"],
  },
];

scenario("a bad edit of a running job is reported, and the job goes on", "bad-edit", async (context) => {
  const app = await context.apply({ job: { upgradeMode: "last-state" } });
  const { jid } = await app.running();
  const { count } = await app.counted(20);
  const pods = await identities(app);

  for (const { edit, says } of refused) {
    context.step(`refused by the API server: ${JSON.stringify(edit)}`);
    const words = await refusal(app.edit(edit as SpecPatch));
    for (const part of says) expect(words).toContain(part);
  }
  const edits = context.flink.version === "1.20" ? badEdits : [...badEdits, overlapping];
  for (const { what, edit, undo, says } of edits) {
    context.step(what);
    const watcher = watchProblems(context.history, app);
    await app.edit(edit);
    const { message } = await watcher.reported(...says);
    context.step(`says: ${message}`);
    expect((await app.status()).lifecycleState).toBe("STABLE");
    await app.edit(undo);
    await app.running();
    await until("the error is history", async () => (await app.status()).error === undefined);
  }
  expect((await app.running()).jid).toBe(jid);
  expect(await identities(app)).toEqual(pods);
  expect(await app.counted(count + 20)).toMatchObject({ restoredCount: 0, gaps: 0, duplicates: 0 });
});

interface BrokenStart {
  readonly what: string;
  readonly prefix: string;
  readonly spec: SpecPatch;
  readonly says: readonly string[];
  /** What the namespace needs first. */
  readonly prepare?: (context: Context) => Promise<unknown>;
  /** What puts it right: then the job runs, and the error is history. */
  readonly repair?: (context: Context, app: Application) => Promise<unknown>;
}

const brokenStarts: readonly BrokenStart[] = [
  {
    what: "an image that does not exist",
    prefix: "bad-image",
    spec: { image: "localhost/nothing-of-that-name:1" },
    says: ["[flink-main-container]", "localhost/nothing-of-that-name:1"],
    repair: ({ flink }, app) => app.edit({ image: flink.image }),
  },
  {
    what: "an image of the TaskManagers alone that does not exist",
    prefix: "bad-sidecar",
    spec: {
      taskManager: {
        podTemplate: {
          spec: {
            containers: [
              { name: MAIN_CONTAINER },
              { name: "sidecar", image: "localhost/nothing-of-that-name:1" },
            ],
          },
        },
      },
    },
    says: ["TaskManager: [sidecar]", "localhost/nothing-of-that-name:1"],
  },
  {
    what: "a jar that does not exist",
    prefix: "bad-jar",
    spec: { job: { jarURI: "local:///opt/flink/usrlib/nothing.jar" } },
    says: ["/opt/flink/usrlib/nothing.jar"],
  },
  {
    what: "an entry class that does not exist",
    prefix: "bad-class",
    spec: { job: { entryClass: "org.example.NoSuchJob" } },
    says: ["org.example.NoSuchJob"],
  },
  {
    what: "a program that refuses its arguments",
    prefix: "bad-args",
    spec: { job: { args: [...counterArgs({}), "--no-such-option", "1"] } },
    says: ["no-such-option"],
  },
  {
    what: "a savepoint that does not exist",
    prefix: "bad-savepoint",
    spec: { job: { upgradeMode: "savepoint", initialSavepointPath: "file:///flink-data/savepoints/none" } },
    says: ["FileNotFoundException", "file:///flink-data/savepoints/none"],
  },
  {
    what: "a service account that does not exist",
    prefix: "bad-account",
    spec: { serviceAccount: "nobody" },
    says: ["serviceaccount", "nobody"],
  },
  {
    what: "a service account without any rights",
    prefix: "bad-rights",
    spec: { serviceAccount: "bare" },
    says: ["forbidden", "bare"],
    prepare: ({ namespace }) =>
      kube().create(types.serviceAccount, { metadata: { name: "bare", namespace: namespace.name } }),
  },
  {
    what: "a role without the right to create pods",
    prefix: "bad-role",
    spec: {},
    says: ["pods is forbidden", "cannot create resource"],
    prepare: ({ namespace }) =>
      kube().mergePatch(types.role, namespace.name, "flink", {
        rules: [
          { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch", "delete", "patch"] },
          { apiGroups: [""], resources: ["configmaps"], verbs: ["*"] },
          { apiGroups: [""], resources: ["services"], verbs: ["get"] },
          { apiGroups: ["apps"], resources: ["deployments", "deployments/finalizers"], verbs: ["*"] },
        ],
      }),
    repair: ({ namespace }) => kubectl("-n", namespace.name, "apply", "-f", "deploy/job-rbac.yaml"),
  },
];

for (const { what, prefix, spec, says, prepare, repair } of brokenStarts) {
  scenario(
    `${what} is reported`,
    prefix,
    async (context) => {
      await prepare?.(context);
      const app = await context.apply(spec);
      const { message, warning } = await watchProblems(context.history, app).reported(...says);
      context.step(`says: ${message}`);
      expect(warning.message).toBe(message);
      expect(warning.count).toBe(1);
      if (repair === undefined) return;
      context.step("put right");
      await repair(context, app);
      await app.running();
      await app.counted(1);
      await until("the error is history", async () => (await app.status()).error === undefined);
    },
    { turns: 2 },
  );
}

/** Session jobs that the operator refuses as it is installed, without anything that runs. */
const badSessionJobs: readonly { name: string; spec: SessionJobPatch; says: readonly string[] }[] = [
  {
    name: "on-application",
    spec: { deploymentName: "counter" },
    says: ["spec.deploymentName", "counter is an application cluster"],
  },
  {
    name: "by-ftp",
    spec: { job: { jarURI: "ftp://example.com/job.jar" } },
    says: ["spec.job.jarURI", "ftp"],
  },
  {
    name: "from-metadata-service",
    spec: { job: { jarURI: "https://2852039166/latest/job.jar" } },
    says: ["spec.job.jarURI", "169.254.169.254"],
  },
];

scenario(
  "a session job that names a wrong cluster or place of its jar is reported",
  "bad-session",
  async (context) => {
    const { step, namespace, history } = context;
    await context.apply({ job: { state: "suspended" } });
    const problems = await Promise.all(
      badSessionJobs.map(async ({ name, spec, says }) => {
        const watcher = watchProblems(history, sessionJob(namespace, name));
        await submit(namespace, name, spec);
        return watcher.reported(...says);
      }),
    );
    for (const { message, warning } of problems) {
      step(`says: ${message}`);
      expect(warning).toMatchObject({ count: 1, message });
    }
  },
);

/** Uid and restarts of each pod. */
async function identities(app: Application): Promise<string[]> {
  const pods = await app.pods();
  return pods
    .map(({ metadata: { name, uid }, status }) => {
      const restarts = (status?.containerStatuses ?? []).map(({ restartCount }) => restartCount);
      return `${name} ${uid} ${restarts.join()}`;
    })
    .sort();
}
