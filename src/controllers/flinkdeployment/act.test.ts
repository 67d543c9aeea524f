import { describe, expect, test, vi } from "vitest";
import { type KubeObject, type ResourceType, resourceTypes } from "../../api/kubernetes.ts";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import type { ClusterObjects } from "../../core/build/cluster.ts";
import { flinkDeploymentKind, flinkSessionJobKind } from "../../core/job/model/resourceKind.ts";
import { type FlinkRest, FlinkRestError } from "../../flink/api.ts";
import type { KubeApi, WriteOptions } from "../../kube/api.ts";
import { KubeError } from "../../kube/errors.ts";
import { act, type Clients, isGone } from "./act.ts";

const resource = {
  metadata: { name: "job", namespace: "ns", uid: "u", resourceVersion: "5", finalizers: ["other"] },
  spec: {},
};
const endpoint = { host: "10.0.0.1", port: 8081 };

/** Hands that note each call, in order, and fail where a test says so. */
function clients(
  fails: Record<string, Error> = {},
  more: Partial<Clients> = {},
  found: readonly KubeObject[] = [],
) {
  const calls: string[] = [];
  const note = <Answer>(call: string, answer: Answer): Promise<Answer> => {
    calls.push(call);
    const failure = fails[call];
    return failure === undefined ? Promise.resolve(answer) : Promise.reject(failure);
  };
  const named = (type: ResourceType, object: KubeObject) => `${type.kind} ${object.metadata.name}`;
  const kube = {
    apply: (type: ResourceType, object: KubeObject) => note(`apply ${named(type, object)}`, object),
    create: (type: ResourceType, object: KubeObject, options?: WriteOptions) =>
      note(`create ${named(type, object)}${options?.dryRun === true ? " dry" : ""}`, {
        ...object,
        metadata: { ...object.metadata, uid: "new" },
      }),
    get: (type: ResourceType, _: string, name: string) =>
      note(`get ${type.kind} ${name}`, found[0] ?? { metadata: { name } }),
    delete: (type: ResourceType, _: string, name: string, options: object) =>
      note(`delete ${type.kind} ${name} ${JSON.stringify(options)}`, undefined),
    mergePatch: (type: ResourceType, _: string, name: string, patch: unknown) =>
      note(`patch ${type.kind} ${name} ${JSON.stringify(patch)}`, {
        metadata: { name, resourceVersion: "6" },
      }),
    list: () => note("list", { resourceVersion: "1", items: [...found] }),
  } as unknown as KubeApi;
  const flink = {
    cancel: (_: unknown, jobId: string) => note(`cancel ${jobId}`, "accepted"),
    stopWithSavepoint: (_: unknown, jobId: string, request: object) =>
      note(`stop ${jobId} ${JSON.stringify(request)}`, undefined),
  } as unknown as FlinkRest;
  const wrote = vi.fn();
  const deleted = vi.fn();
  const askedFlink = vi.fn();
  return {
    calls,
    wrote,
    deleted,
    askedFlink,
    clients: {
      kube,
      flink,
      kind: flinkDeploymentKind,
      endpoint,
      wrote,
      deleted,
      deletedSnapshot: deleted,
      disposing: () => {},
      judged: () => {},
      askedFlink,
      ...more,
    },
  };
}

const object = (name: string): KubeObject => ({ metadata: { name, namespace: "ns" } });
const objects: ClusterObjects = {
  beforeDeployment: [{ type: resourceTypes.configMap, object: object("flink-config-job") }],
  deployment: object("job"),
  afterDeployment: (uid) => [{ type: resourceTypes.service, object: object(`job-rest-of-${uid}`) }],
};
const forbidden = new KubeError(403, "Forbidden", "not allowed");
const exists = new KubeError(409, "AlreadyExists", "it exists");

describe("the order of acts", () => {
  test("stops at the first that fails, and names it", async () => {
    const given = clients({ "cancel j": new FlinkRestError(0, "refused", "nobody there") });
    const acted = await act(
      [{ kind: "add-finalizer" }, { kind: "cancel", jobId: "j" }, { kind: "launch", objects }],
      resource,
      given.clients,
    );
    expect(given.calls).toHaveLength(2);
    expect(acted.failure).toEqual({
      action: { kind: "cancel", jobId: "j" },
      status: 0,
      reason: "Error",
      message: "nobody there",
    });
    expect(acted.resource.metadata.resourceVersion).toBe("6");
  });

  test("lets a mistake of our own through", async () => {
    const given = clients({ "cancel j": new TypeError("oops") });
    await expect(act([{ kind: "cancel", jobId: "j" }], resource, given.clients)).rejects.toThrow("oops");
  });
});

describe("finalizers", () => {
  test("ours is added beside others, locked by version", async () => {
    const given = clients();
    await act([{ kind: "add-finalizer" }], resource, given.clients);
    expect(given.calls).toEqual([
      `patch FlinkDeployment job {"metadata":{"finalizers":["other","${FINALIZER}"],"resourceVersion":"5"}}`,
    ]);
    expect(given.wrote).toHaveBeenCalledOnce();
  });

  test.each([
    ["added twice", { kind: "add-finalizer" } as const, [FINALIZER]],
    ["removed where it is not", { kind: "remove-finalizer" } as const, ["other"]],
  ])("%s: no request", async (_, action, finalizers) => {
    const given = clients();
    await act([action], { ...resource, metadata: { ...resource.metadata, finalizers } }, given.clients);
    expect(given.calls).toEqual([]);
  });

  test("removed from what is gone already has done its work", () => {
    const failure = (status: number) => ({
      action: { kind: "remove-finalizer" } as const,
      status,
      reason: "",
      message: "",
    });
    expect([isGone(failure(404)), isGone(failure(409)), isGone(undefined)]).toEqual([true, false, false]);
  });
});

describe("a dry run", () => {
  test("creates nothing, and passes where only the name is taken", async () => {
    const given = clients({ "create Deployment job dry": exists });
    expect((await act([{ kind: "dry-run", objects }], resource, given.clients)).failure).toBeUndefined();
    expect(given.calls).toEqual(["create Deployment job dry"]);
  });

  test("asks about the TaskManagers' pods too, where there is something to ask", async () => {
    const given = clients();
    const taskManagerTrial = { metadata: { name: "job-taskmanager" } };
    await act([{ kind: "dry-run", objects: { ...objects, taskManagerTrial } }], resource, given.clients);
    expect(given.calls).toEqual(["create Deployment job dry", "create Deployment job-taskmanager dry"]);
  });

  test("is about the TaskManagers alone where there is no cluster yet", async () => {
    const given = clients();
    const taskManagerTrial = { metadata: { name: "job-taskmanager" } };
    const action = {
      kind: "dry-run",
      objects: { ...objects, taskManagerTrial },
      only: "TaskManagers",
    } as const;
    await act([action], resource, given.clients);
    expect(given.calls).toEqual(["create Deployment job-taskmanager dry"]);
  });

  test("tells why the API server refuses", async () => {
    const given = clients({ "create Deployment job dry": forbidden });
    expect((await act([{ kind: "dry-run", objects }], resource, given.clients)).failure).toMatchObject({
      status: 403,
      message: "not allowed",
    });
  });
});

describe("a launch", () => {
  test("has the ConfigMaps before the Deployment, and the rest Service after it, which owns it", async () => {
    const given = clients();
    await act([{ kind: "launch", objects }], resource, given.clients);
    expect(given.calls).toEqual([
      "apply ConfigMap flink-config-job",
      "create Deployment job",
      "apply Service job-rest-of-new",
    ]);
    expect(given.wrote).toHaveBeenCalledOnce();
  });

  const unanswered = new KubeError(0, "Timeout", "no answer");
  const cluster = {
    ...object("job"),
    metadata: { ...object("job").metadata, labels: { component: "jobmanager" } },
  };
  test.each<[string, Error, KubeObject, number]>([
    ["the answer was lost", unanswered, cluster, 1],
    ["it exists already", exists, cluster, 1],
    ["somebody else's has the name", exists, object("job"), 0],
  ])("of which %s: the next pass sees what there is", async (_, error, found, times) => {
    const given = clients({ "create Deployment job": error }, {}, [found]);
    const acted = await act([{ kind: "launch", objects }], resource, given.clients);
    expect(acted.failure?.message).toBe(error.message);
    expect(given.calls).toContain("get Deployment job");
    expect(given.wrote).toHaveBeenCalledTimes(times);
  });

  test("that is refused asks for nothing more", async () => {
    const given = clients({ "create Deployment job": forbidden });
    await act([{ kind: "launch", objects }], resource, given.clients);
    expect(given.calls.at(-1)).toBe("create Deployment job");
  });

  describe("of a standalone cluster", () => {
    const taskManagers = { ...object("job-taskmanager"), spec: { replicas: 2 } };
    const afterDeployment = () => [{ type: resourceTypes.deployment, object: taskManagers }];
    const standalone = { ...objects, taskManagers, afterDeployment };

    test("creates the TaskManagers' Deployment, as it was judged", async () => {
      const given = clients();
      await act([{ kind: "launch", objects: standalone }], resource, given.clients);
      expect(given.calls.slice(-2)).toEqual(["create Deployment job", "create Deployment job-taskmanager"]);
      expect(given.wrote).toHaveBeenCalledTimes(2);
    });

    test("puts back the one that is there", async () => {
      const given = clients({ "create Deployment job-taskmanager": exists });
      const expose = { kind: "expose", objects: standalone, deploymentUid: "old" } as const;
      expect((await act([expose], resource, given.clients)).failure).toBeUndefined();
      expect(given.calls.at(-1)).toBe(
        'patch Deployment job-taskmanager {"metadata":{},"spec":{"replicas":2}}',
      );
    });
  });

  test("notes the fields that the API server does not know, and no other warning", async () => {
    const judged = vi.fn();
    const given = clients({}, { judged });
    const { kube } = given.clients;
    const create: KubeApi["create"] = async (_, created, options) => {
      options?.onWarning?.('unknown field "spec.template.spec.a"');
      options?.onWarning?.("would violate PodSecurity");
      return created;
    };
    await act([{ kind: "launch", objects }], resource, { ...given.clients, kube: { ...kube, create } });
    expect(judged.mock.calls).toEqual([
      ["job"],
      ["job", 'unknown field "spec.template.spec.a"'],
      ["job-taskmanager"],
    ]);
  });

  test("that a crash cut short is completed for the Deployment that is there", async () => {
    const given = clients();
    await act([{ kind: "expose", objects, deploymentUid: "old" }], resource, given.clients);
    expect(given.calls).toEqual(["apply Service job-rest-of-old"]);
  });
});

test("a Deployment is deleted by uid and in the foreground, and shown as going", async () => {
  const given = clients();
  await act([{ kind: "delete-deployment", name: "job", uid: "u1" }], resource, given.clients);
  expect(given.calls).toEqual(['delete Deployment job {"uid":"u1","propagation":"Foreground"}']);
  expect(given.deleted).toHaveBeenCalledWith("ns", "job", "u1");
});

describe("ConfigMaps", () => {
  const map = (name: string, data: Record<string, string> = {}) => ({
    metadata: { name, uid: `uid-${name}`, resourceVersion: "3" },
    data,
  });
  const all = [
    map("job-cluster-config-map", { "jobGraph-a": "x", other: "y" }),
    map("job-a-config-map", { "checkpointID-1": "x" }),
    map("flink-config-job"),
  ];

  test("of HA are deleted, or all of the cluster", async () => {
    const ha = clients({}, {}, all);
    await act([{ kind: "delete-config-maps", clusterId: "job", all: false }], resource, ha.clients);
    expect(ha.calls).toEqual([
      "list",
      'delete ConfigMap job-cluster-config-map {"uid":"uid-job-cluster-config-map"}',
      'delete ConfigMap job-a-config-map {"uid":"uid-job-a-config-map"}',
    ]);
    const whole = clients({}, {}, all);
    await act([{ kind: "delete-config-maps", clusterId: "job", all: true }], resource, whole.clients);
    expect(whole.calls).toHaveLength(4);
  });

  test("lose their job graphs, and nothing else, before a restore from them", async () => {
    const given = clients({}, {}, [...all, map("job-b-config-map", { "executionPlan-b": "x" })]);
    await act([{ kind: "prepare-ha-restore", clusterId: "job" }], resource, given.clients);
    expect(given.calls).toEqual([
      "list",
      'patch ConfigMap job-cluster-config-map {"metadata":{"resourceVersion":"3"},"data":{"jobGraph-a":null}}',
      'patch ConfigMap job-b-config-map {"metadata":{"resourceVersion":"3"},"data":{"executionPlan-b":null}}',
    ]);
  });

  test.each([
    ["there are none", []],
    ["only the cluster's own is left", [map("job-cluster-config-map")]],
    [
      "the job's is going",
      [
        {
          ...map("job-a-config-map"),
          metadata: { ...map("job-a-config-map").metadata, deletionTimestamp: "t" },
        },
      ],
    ],
  ])("cannot be restored from where %s: asks for a person", async (_, found) => {
    const given = clients({}, {}, found);
    const { failure } = await act(
      [{ kind: "prepare-ha-restore", clusterId: "job" }],
      resource,
      given.clients,
    );
    expect(failure).toMatchObject({
      status: 404,
      reason: "RestoreFailed",
      message: expect.stringContaining("HA metadata is not available"),
    });
    expect(given.calls).toEqual(["list"]);
  });
});

describe("what Flink is asked", () => {
  const stop = {
    kind: "stop-with-savepoint",
    jobId: "j",
    triggerId: "t",
    targetDirectory: "file:/s",
    formatType: "NATIVE",
    drain: false,
  } as const;

  test("is passed on as it was decided, and then listened for", async () => {
    const given = clients();
    await act([stop], resource, given.clients);
    expect(given.calls).toEqual([
      'stop j {"triggerId":"t","targetDirectory":"file:/s","formatType":"NATIVE","drain":false}',
    ]);
    expect(given.askedFlink).toHaveBeenCalledOnce();
  });

  test.each([stop, { kind: "cancel", jobId: "j" } as const])(
    "$kind: passes where the JobManager has no address",
    async (action) => {
      const given = clients({}, { endpoint: undefined });
      expect((await act([action], resource, given.clients)).failure).toMatchObject({ status: 0 });
      expect(given.calls).toEqual([]);
    },
  );
});

describe("a snapshot that is to be created", () => {
  const snapshot = (kind: string, name = "job-savepoint-periodic-5"): KubeObject => ({
    metadata: { name, namespace: "ns" },
    spec: { jobReference: { kind, name: "job" } },
  });
  const create = async (kind: string, found: KubeObject, fails: Record<string, Error> = {}) => {
    const given = clients(
      { "create FlinkStateSnapshot job-savepoint-periodic-5": exists, ...fails },
      { kind: kind === flinkSessionJobKind.name ? flinkSessionJobKind : flinkDeploymentKind },
      [found],
    );
    const action = { kind: "create-snapshot", object: snapshot(kind), optional: false } as const;
    const { failure } = await act([action], resource, given.clients);
    return { calls: given.calls, failure };
  };

  test("and is there already was created before", async () => {
    const { calls, failure } = await create("FlinkSessionJob", snapshot("FlinkSessionJob"));
    expect(failure).toBeUndefined();
    expect(calls).toEqual([
      "create FlinkStateSnapshot job-savepoint-periodic-5",
      "get FlinkStateSnapshot job-savepoint-periodic-5",
    ]);
  });

  test("goes beside the one of a resource of the other kind that has the same name", async () => {
    const besides = "create FlinkStateSnapshot job-savepoint-periodic-5-flinksessionjob";
    const { calls, failure } = await create("FlinkSessionJob", snapshot("FlinkDeployment"));
    expect([calls.at(-1), failure]).toEqual([besides, undefined]);
    const again = await create("FlinkSessionJob", snapshot("FlinkDeployment"), { [besides]: exists });
    expect(again.failure).toBeUndefined();
  });

  test("is not taken for created where nobody can tell whose it is", async () => {
    const unreadable = { "get FlinkStateSnapshot job-savepoint-periodic-5": forbidden };
    const { failure } = await create("FlinkSessionJob", snapshot("FlinkSessionJob"), unreadable);
    expect(failure?.status).toBe(403);
  });
});
