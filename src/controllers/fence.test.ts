import { beforeEach, expect, it } from "vitest";
import { resourceTypes } from "../api/kubernetes.ts";
import { type FlinkRest, FlinkRestError } from "../flink/api.ts";
import type { KubeApi } from "../kube/api.ts";
import { KubeError } from "../kube/errors.ts";
import { fenceFlink, fenceKube } from "./fence.ts";

let mayAct: boolean;
let called: string[];
let kube: KubeApi;
let flink: FlinkRest;

/** A fake API that records the calls of its methods. */
const port = <Port>(names: readonly (keyof Port & string)[]): Port =>
  Object.fromEntries(names.map((name) => [name, async () => void called.push(name)])) as Port;

beforeEach(() => {
  mayAct = true;
  called = [];
  kube = fenceKube(
    port<KubeApi>([
      "get",
      "list",
      "create",
      "apply",
      "replaceStatus",
      "mergePatch",
      "jsonPatch",
      "delete",
      "podLog",
    ]),
    () => mayAct,
  );
  flink = fenceFlink(
    port<FlinkRest>([
      "config",
      "jobs",
      "stopWithSavepoint",
      "triggerSavepoint",
      "triggerCheckpoint",
      "disposeSavepoint",
      "cancel",
      "uploadJar",
      "runJar",
      "checkScript",
      "deleteJar",
    ]),
    () => mayAct,
  );
});

const type = resourceTypes.configMap;
const object = { metadata: { name: "a" } };
const at = { host: "a", port: 1 };
const snapshot = { triggerId: "t", targetDirectory: undefined, formatType: "NATIVE" } as const;

const jar = { name: "a.jar", size: undefined, body: (async function* () {})() };
const run = { flinkVersion: "v2_3", jobId: "job", programArgs: [], flinkConfiguration: {} } as const;

const writes: [string, () => Promise<unknown>][] = [
  ["create", () => kube.create(type, object)],
  ["apply", () => kube.apply(type, object)],
  ["replaceStatus", () => kube.replaceStatus(type, object)],
  ["jsonPatch", () => kube.jsonPatch(type, "ns", "a", [])],
  ["mergePatch", () => kube.mergePatch(type, "ns", "a", {})],
  ["delete", () => kube.delete(type, "ns", "a")],
  ["stopWithSavepoint", () => flink.stopWithSavepoint(at, "job", { ...snapshot, drain: false })],
  ["triggerSavepoint", () => flink.triggerSavepoint(at, "job", snapshot)],
  ["triggerCheckpoint", () => flink.triggerCheckpoint(at, "job", { triggerId: "t", checkpointType: "FULL" })],
  ["disposeSavepoint", () => flink.disposeSavepoint(at, "file:/sp")],
  ["cancel", () => flink.cancel(at, "job")],
  ["uploadJar", () => flink.uploadJar(at, jar)],
  ["runJar", () => flink.runJar(at, "jar", run)],
  ["checkScript", () => flink.checkScript(at, "jar", run)],
  ["deleteJar", () => flink.deleteJar(at, "jar")],
];

it.each(writes)(
  "%s goes through while the operator may act, and is refused from then on",
  async (name, write) => {
    await write();
    expect(called).toEqual([name]);
    mayAct = false;
    const refused = write();
    await expect(refused).rejects.toThrow("this operator may not act");
    await expect(refused).rejects.toSatisfy(
      (error) => error instanceof KubeError || error instanceof FlinkRestError,
    );
    expect(called).toEqual([name]);
  },
);

it("reads are always allowed", async () => {
  mayAct = false;
  await Promise.all([kube.get(type, "ns", "a"), kube.list(type), flink.jobs(at), flink.config(at)]);
  expect(called).toEqual(["get", "list", "jobs", "config"]);
});
