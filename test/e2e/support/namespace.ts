import { chownSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FORCE_DELETE_ANNOTATION } from "../../../src/api/v1beta1/names.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { isAlive } from "../../support/isAlive.ts";
import { kube, types } from "./cluster.ts";
import { kubectl } from "./commands.ts";
import { until } from "./until.ts";

const FLINK_USER = 9999;
const DIRECTORIES = "/var/tmp/flink-operator-e2e";

/** A namespace of one scenario, with the rights of a Flink job and a directory of this machine for its files. */
export interface ScenarioNamespace {
  readonly name: string;
  readonly directory: string;
  /** Of each FlinkDeployment and FlinkSessionJob in it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Deletes all of it, and waits until it is gone. */
  remove(): Promise<void>;
}

export async function createNamespace(
  prefix: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<ScenarioNamespace> {
  const name = `e2e-${prefix}-${Math.random().toString(36).slice(2, 7)}`;
  const directory = join(DIRECTORIES, name);
  mkdirSync(directory, { recursive: true });
  chownSync(directory, FLINK_USER, FLINK_USER);
  await createOwnedNamespace(name);
  await kubectl("-n", name, "apply", "-f", "deploy/job-rbac.yaml");
  // Admission refuses pods until the namespace has its default account.
  await until("the namespace has its service accounts", () =>
    kube().get(types.serviceAccount, name, "default"),
  );
  return {
    name,
    directory,
    labels,
    async remove() {
      // A session cluster stays as long as its jobs do.
      for (const type of [types.flinkSessionJob, types.flinkDeployment]) {
        const { items } = await kube().list(type, { namespace: name });
        for (const { metadata } of items) await kube().delete(type, name, metadata.name);
        await until(`each ${type.kind} in ${name} is gone`, async () => {
          const left = await kube().list(type, { namespace: name });
          return left.items.length === 0;
        });
      }
      await letSnapshotsGo(kube(), name);
      await kube().delete(types.namespace, "", name);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Without their jobs they would wait for somebody to dispose of their data, which goes with the directory. */
async function letSnapshotsGo(client: KubeClient, namespace: string): Promise<void> {
  const annotations = { [FORCE_DELETE_ANNOTATION]: "true" };
  const { items } = await client.list(types.flinkStateSnapshot, { namespace });
  for (const { metadata } of items)
    await client.mergePatch(types.flinkStateSnapshot, namespace, metadata.name, {
      metadata: { annotations },
    });
}

/** Their own operator may be gone before them, and their JobManagers are. */
async function leaveToSharedOperator(client: KubeClient, namespace: string): Promise<void> {
  for (const type of [types.flinkSessionJob, types.flinkDeployment]) {
    const { items } = await client.list(type, { namespace });
    for (const { metadata } of items)
      await client.mergePatch(type, namespace, metadata.name, {
        metadata: {
          labels: { [OWN_OPERATOR_LABEL]: null },
          annotations: { [FORCE_DELETE_ANNOTATION]: "true" },
        },
      });
  }
}

/** Resources with this label have an operator of their own: the one of all namespaces leaves them alone. */
export const OWN_OPERATOR_LABEL = "flink-operator-e2e/own-operator";

/** By this a later run knows that nobody clears up after this one. What is kept on purpose has none. */
const PROCESS_LABEL = "flink-operator-e2e/process";

/** Creates a namespace that a later run removes where this one is killed. */
export async function createOwnedNamespace(name: string): Promise<void> {
  const labels = process.env.E2E_KEEP === "true" ? {} : { [PROCESS_LABEL]: String(process.pid) };
  await kube().create(types.namespace, { metadata: { name, labels } });
}

/** Removes the namespaces and directories of runs that were killed. */
export async function removeAbandonedNamespaces(client: KubeClient): Promise<string[]> {
  const { items } = await client.list(types.namespace, { labelSelector: PROCESS_LABEL });
  const abandoned = items.filter(({ metadata }) => !isAlive(Number(metadata.labels?.[PROCESS_LABEL])));
  for (const { metadata } of abandoned) {
    await letSnapshotsGo(client, metadata.name);
    await leaveToSharedOperator(client, metadata.name);
    await client.delete(types.namespace, "", metadata.name);
    rmSync(join(DIRECTORIES, metadata.name), { recursive: true, force: true });
  }
  return abandoned.map(({ metadata }) => metadata.name);
}

/** The names of the entries of a directory; none where it does not exist. */
export const entriesOf = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
