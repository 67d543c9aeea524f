import { expect } from "vitest";
import { imageDigest, installArguments, release, releaseNamespace } from "../../scripts/chart/install.ts";
import type { KubeObject } from "../../src/api/kubernetes.ts";
import { isNotFound, isTransient } from "../../src/kube/errors.ts";
import { specOf } from "../../src/runtime/leaderElection/lease.ts";
import { type Application, absent } from "./support/application.ts";
import { kube, type Pod, types } from "./support/cluster.ts";
import { helm, loadedImages } from "./support/commands.ts";
import { operatorDeployment, operatorReady } from "./support/operator.ts";
import { scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";
import { newest } from "./support/versions.ts";

/** Until others may lead: the lease's duration, a look every retry period, and how late a busy machine is. */
const TAKE_OVER_MS = 15_000 + 2 * 2_400 + 5_000;

const leaseName = "flink-operator-lease";
const certificateSecret = "webhook-server-cert";
type Secret = KubeObject & { readonly data: Readonly<Record<string, string>> };

const install = async (...more: string[]): Promise<string> =>
  helm(...installArguments(imageDigest(await loadedImages())), ...more);

const holder = async (): Promise<string | undefined> =>
  specOf(await kube().get(types.lease, releaseNamespace, leaseName)).holderIdentity;

const operators = async (): Promise<Pod[]> => {
  const labelSelector = `app.kubernetes.io/name=${operatorDeployment}`;
  const { items } = await kube().list(types.pod, { namespace: releaseNamespace, labelSelector });
  return items as Pod[];
};

/** What only the first install makes, which takes rights that are not asked for again (rights.test.ts). */
async function forgetEarlierInstalls(): Promise<void> {
  await kube().delete(types.lease, releaseNamespace, leaseName);
  await kube().delete(types.secret, releaseNamespace, certificateSecret);
  // Of a kind that nobody has any of.
  const definition = "flinkbluegreendeployments.flink.apache.org";
  await kube().delete(types.customResourceDefinition, "", definition);
  await absent(types.customResourceDefinition, "", definition);
}

/** By which the job's processes are known. */
const processes = async (app: Application): Promise<string[]> =>
  (await app.pods()).map(({ metadata, status }) => {
    const restarts = status?.containerStatuses?.map(({ restartCount }) => restartCount);
    return `${metadata.name} ${metadata.uid} ${restarts}`;
  });

scenario(
  "a running job does not feel upgrades of the operator, a lost leader, a rollback and an uninstall",
  "chart",
  async ({ apply, step, history, namespace }) => {
    const app = await apply();
    const { jid } = await app.running();
    await app.counted(10);
    const before = (await processes(app)).sort();
    const untouched = async () => {
      expect((await processes(app)).sort()).toEqual(before);
      expect((await app.job()).jid).toBe(jid);
    };
    try {
      step("the chart is upgraded to two replicas and a webhook, as if for the first time");
      await forgetEarlierInstalls();
      await install("--set", "replicas=2,webhook.create=true");
      const leader = await until("one of two leads", async () => {
        const [name, pods] = [await holder(), await operators()];
        return pods.length === 2 && pods.some(({ metadata }) => metadata.name === name) && name;
      });
      await untouched();

      step("what the webhook refuses is refused at once");
      const mistaken = { spec: { job: { parallelism: 40_000 } } };
      const tryMistake = () => kube().mergePatch(types.flinkDeployment, namespace.name, app.name, mistaken);
      await expect(tryMistake()).rejects.toThrow(/parallelism/);

      step("the webhook asks for the job that a snapshot names");
      const snapshotOf = (jobReference: { kind: string; name: string }) =>
        kube().create(
          types.flinkStateSnapshot,
          { metadata: { name: "tried", namespace: namespace.name }, spec: { jobReference, savepoint: {} } },
          { dryRun: true },
        );
      await snapshotOf({ kind: "FlinkDeployment", name: app.name });
      await expect(snapshotOf({ kind: "FlinkSessionJob", name: "nobody" })).rejects.toThrow(
        /there is no FlinkSessionJob "nobody"/,
      );

      step("its certificate is damaged: it gets another, and is asked again");
      const damaged = Buffer.from("damaged").toString("base64");
      const data = { "tls.crt": damaged };
      await kube().mergePatch(types.secret, releaseNamespace, certificateSecret, { data });
      await until("there is another certificate", async () => {
        const { data } = (await kube().get(types.secret, releaseNamespace, certificateSecret)) as Secret;
        return data["tls.crt"] !== damaged;
      });
      await until("the webhook refuses again", () =>
        tryMistake().then(
          () => Promise.reject(new Error("a mistaken edit was taken")),
          ({ message }: Error) => message.includes("parallelism"),
        ),
      );

      step("the leader is killed");
      await kube().delete(types.pod, releaseNamespace, leader, { gracePeriodSeconds: 0 });
      await until(
        "the other leads",
        async () => {
          const name = await holder();
          return name !== undefined && name !== "" && name !== leader;
        },
        TAKE_OVER_MS,
      );
      const edit = { flinkConfiguration: { "kubernetes.operator.savepoint.history.max.count": "5" } };
      // The API server may still hold a connection to the webhook of the pod that was killed.
      await until("an edit is taken", () =>
        app.edit(edit).then(
          () => true,
          (error) => !isTransient(error) && Promise.reject(error),
        ),
      );
      await app.running();
      await untouched();

      step("the upgrade is rolled back");
      await helm("rollback", release, "--namespace", releaseNamespace, "--wait", "--timeout", "3m");
      await operatorReady();
      await untouched();

      step("the operator is uninstalled");
      await helm("uninstall", release, "--namespace", releaseNamespace, "--wait");
      await until("no operator is left", async () => (await operators()).length === 0);
      await untouched();
      expect((await app.resource()).status?.jobStatus?.state).toBe("RUNNING");
      await expect(kube().get(types.role, releaseNamespace, "flink")).resolves.toBeDefined();
      await until("its lease's role is gone", () =>
        kube()
          .get(types.role, releaseNamespace, "flink-operator-own")
          .then(() => false, isNotFound),
      );
    } finally {
      await install();
      await operatorReady();
    }
    step("it is installed again");
    await app.running();
    await untouched();
    expect(history.problems()).toEqual([]);
  },
  { versions: [newest] },
);
