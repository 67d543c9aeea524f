import { describe, expect, test, vi } from "vitest";
import { type KubeObject, type ResourceType, resourceTypes } from "../../api/kubernetes.ts";
import type { FlinkVersion } from "../../api/v1beta1/flinkdeployment.ts";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import type { ClusterObjects } from "../../core/build/cluster.ts";
import { flinkDeploymentKind, flinkSessionJobKind } from "../../core/job/model/resourceKind.ts";
import { type FlinkRest, FlinkRestError } from "../../flink/api.ts";
import type { KubeApi, WriteOptions } from "../../kube/api.ts";
import { KubeError } from "../../kube/errors.ts";
import { act, type Clients, isAlreadyDeleted } from "./act.ts";

const resource = {
  metadata: { name: "job", namespace: "ns", uid: "u", resourceVersion: "5", finalizers: ["other"] },
  spec: {},
};
const endpoint = { host: "10.0.0.1", port: 8081 };

/** Clients that record each call, in order, and fail if a test says so. */
function clients(
  fails: Record<string, Error> = {},
  more: Partial<Clients> = {},
  found: readonly KubeObject[] = [],
  pods: readonly KubeObject[] = [],
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
    jsonPatch: (type: ResourceType, _: string, name: string, operations: unknown) =>
      note(`json patch ${type.kind} ${name} ${JSON.stringify(operations)}`, {
        metadata: { name, resourceVersion: "6" },
      }),
    list: (type: ResourceType) =>
      type === resourceTypes.pod
        ? note("list pods", { resourceVersion: "1", items: [...pods] })
        : note("list", { resourceVersion: "1", items: [...found] }),
  } as unknown as KubeApi;
  const flink = {
    cancel: (_: unknown, jobId: string) => note(`cancel ${jobId}`, "accepted"),
    stopWithSavepoint: (_: unknown, jobId: string, request: object) =>
      note(`stop ${jobId} ${JSON.stringify(request)}`, undefined),
  } as unknown as FlinkRest;
  const observeWrite = vi.fn();
  const observeDelete = vi.fn();
  const onFlinkRequest = vi.fn();
  return {
    calls,
    observeWrite,
    observeDelete,
    onFlinkRequest,
    clients: {
      kube,
      flink,
      kind: flinkDeploymentKind,
      endpoint,
      observeWrite,
      observeDelete,
      observeSnapshotDelete: observeDelete,
      observePodDelete: observeDelete,
      onDisposal: () => {},
      beforeTrigger: () => {},
      onCancel: () => {},
      onGateOpened: () => {},
      onCheckRefused: vi.fn(),
      onFieldCheck: () => {},
      onFlinkRequest,
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

describe("the order of actions", () => {
  test("stops at the first failure, and returns its action", async () => {
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

  test("throws an error of the program", async () => {
    const given = clients({ "cancel j": new TypeError("oops") });
    await expect(act([{ kind: "cancel", jobId: "j" }], resource, given.clients)).rejects.toThrow("oops");
  });
});

describe("finalizers", () => {
  test("keep the others when ours is added, locked by the resourceVersion", async () => {
    const given = clients();
    await act([{ kind: "add-finalizer" }], resource, given.clients);
    expect(given.calls).toEqual([
      `patch FlinkDeployment job {"metadata":{"finalizers":["other","${FINALIZER}"],"resourceVersion":"5"}}`,
    ]);
    expect(given.observeWrite).toHaveBeenCalledOnce();
  });

  test("ours is removed from wherever it is, whatever else of the object changes", async () => {
    const given = clients();
    const finalizers = ["other", FINALIZER, "foregroundDeletion"];
    await act(
      [{ kind: "remove-finalizer" }],
      { ...resource, metadata: { ...resource.metadata, finalizers } },
      given.clients,
    );
    const operations = [
      { op: "test", path: "/metadata/uid", value: "u" },
      { op: "test", path: "/metadata/finalizers/1", value: FINALIZER },
      { op: "remove", path: "/metadata/finalizers/1" },
    ];
    expect(given.calls).toEqual([`json patch FlinkDeployment job ${JSON.stringify(operations)}`]);
    expect(given.observeWrite).toHaveBeenCalledOnce();
  });

  test("a finalizer that has another place by now is a conflict, which is tried again", async () => {
    const metadata = { ...resource.metadata, finalizers: [FINALIZER] };
    const kube = { jsonPatch: () => Promise.reject(new KubeError(422, "Invalid", "the server rejected it")) };
    const given = clients({}, { kube: kube as unknown as KubeApi });
    const { failure } = await act([{ kind: "remove-finalizer" }], { ...resource, metadata }, given.clients);
    expect(failure).toMatchObject({ status: 409, reason: "Conflict" });
  });

  test.each([
    ["added twice", { kind: "add-finalizer" } as const, [FINALIZER]],
    ["removed where it is not", { kind: "remove-finalizer" } as const, ["other"]],
  ])("%s: no request", async (_, action, finalizers) => {
    const given = clients();
    await act([action], { ...resource, metadata: { ...resource.metadata, finalizers } }, given.clients);
    expect(given.calls).toEqual([]);
  });

  test("need not be removed from a deleted resource", () => {
    const failure = (status: number) => ({
      action: { kind: "remove-finalizer" } as const,
      status,
      reason: "",
      message: "",
    });
    expect([
      isAlreadyDeleted(failure(404)),
      isAlreadyDeleted(failure(409)),
      isAlreadyDeleted(undefined),
    ]).toEqual([true, false, false]);
  });
});

describe("a dry run", () => {
  test("creates nothing, and succeeds if only the name is taken", async () => {
    const given = clients({ "create Deployment job dry": exists });
    expect((await act([{ kind: "dry-run", objects }], resource, given.clients)).failure).toBeUndefined();
    expect(given.calls).toEqual(["create Deployment job dry"]);
  });

  test("covers the TaskManagers, too, if they are given", async () => {
    const given = clients();
    const taskManagerTrial = { metadata: { name: "job-taskmanager" } };
    await act([{ kind: "dry-run", objects: { ...objects, taskManagerTrial } }], resource, given.clients);
    expect(given.calls).toEqual(["create Deployment job dry", "create Deployment job-taskmanager dry"]);
  });

  test("is only of the TaskManagers if there is no cluster yet", async () => {
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

  test("returns why the API server refuses", async () => {
    const given = clients({ "create Deployment job dry": forbidden });
    expect((await act([{ kind: "dry-run", objects }], resource, given.clients)).failure).toMatchObject({
      status: 403,
      message: "not allowed",
    });
  });
});

describe("a launch", () => {
  test("applies the ConfigMaps before the Deployment, and after it the rest Service, which it owns", async () => {
    const given = clients();
    await act([{ kind: "launch", objects }], resource, given.clients);
    expect(given.calls).toEqual([
      "apply ConfigMap flink-config-job",
      "create Deployment job",
      "apply Service job-rest-of-new",
    ]);
    expect(given.observeWrite).toHaveBeenCalledOnce();
  });

  test("deletes at its end what an earlier launch has left", async () => {
    const given = clients();
    await act(
      [{ kind: "launch", objects: { ...objects, unusedConfigMaps: ["flink-program-job"] } }],
      resource,
      given.clients,
    );
    expect(given.calls.at(-1)).toMatch(/^delete ConfigMap flink-program-job/);
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
  ])("if %s: the next reconcile sees the existing Deployment", async (_, error, found, times) => {
    const given = clients({ "create Deployment job": error }, {}, [found]);
    const acted = await act([{ kind: "launch", objects }], resource, given.clients);
    expect(acted.failure?.message).toBe(error.message);
    expect(given.calls).toContain("get Deployment job");
    expect(given.observeWrite).toHaveBeenCalledTimes(times);
  });

  test("that is refused makes no further request", async () => {
    const given = clients({ "create Deployment job": forbidden });
    await act([{ kind: "launch", objects }], resource, given.clients);
    expect(given.calls.at(-1)).toBe("create Deployment job");
  });

  describe("of a standalone cluster", () => {
    const taskManagers = { ...object("job-taskmanager"), spec: { replicas: 2 } };
    const afterDeployment = () => [{ type: resourceTypes.deployment, object: taskManagers }];
    const standalone = { ...objects, taskManagers, afterDeployment };

    test("creates the TaskManagers' Deployment by the request of the dry run", async () => {
      const given = clients();
      await act([{ kind: "launch", objects: standalone }], resource, given.clients);
      expect(given.calls.slice(-2)).toEqual(["create Deployment job", "create Deployment job-taskmanager"]);
      expect(given.observeWrite).toHaveBeenCalledTimes(2);
    });

    test("patches an existing Deployment of the TaskManagers to the desired state", async () => {
      const given = clients({ "create Deployment job-taskmanager": exists });
      const expose = { kind: "expose", objects: standalone, deploymentUid: "old" } as const;
      expect((await act([expose], resource, given.clients)).failure).toBeUndefined();
      expect(given.calls.at(-1)).toBe(
        'patch Deployment job-taskmanager {"metadata":{},"spec":{"replicas":2}}',
      );
    });
  });

  test("reports fields that the API server does not know, and no other warning", async () => {
    const onFieldCheck = vi.fn();
    const given = clients({}, { onFieldCheck });
    const { kube } = given.clients;
    const create: KubeApi["create"] = async (_, created, options) => {
      options?.onWarning?.('unknown field "spec.template.spec.a"');
      options?.onWarning?.("would violate PodSecurity");
      return created;
    };
    await act([{ kind: "launch", objects }], resource, { ...given.clients, kube: { ...kube, create } });
    expect(onFieldCheck.mock.calls).toEqual([
      ["job"],
      ["job", 'unknown field "spec.template.spec.a"'],
      ["job-taskmanager"],
    ]);
  });

  test("that a crash interrupted is completed for the existing Deployment", async () => {
    const given = clients();
    await act([{ kind: "expose", objects, deploymentUid: "old" }], resource, given.clients);
    expect(given.calls).toEqual(["apply Service job-rest-of-old"]);
  });
});

test("a Deployment is deleted by uid and in the foreground, and shown as deleting", async () => {
  const given = clients();
  await act([{ kind: "delete-deployment", name: "job", uid: "u1" }], resource, given.clients);
  expect(given.calls).toEqual(['delete Deployment job {"uid":"u1","propagation":"Foreground"}']);
  expect(given.observeDelete).toHaveBeenCalledWith("ns", "job", "u1");
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

  test("of HA are deleted, or all ConfigMaps of the cluster", async () => {
    const ha = clients({}, {}, all);
    await act([{ kind: "delete-config-maps", clusterId: "job", all: false }], resource, ha.clients);
    expect(ha.calls).toEqual([
      "list",
      'delete ConfigMap job-cluster-config-map {"uid":"uid-job-cluster-config-map"}',
      'delete ConfigMap job-a-config-map {"uid":"uid-job-a-config-map"}',
    ]);
    const whole = clients({}, {}, all);
    const list = vi.spyOn(whole.clients.kube, "list");
    await act([{ kind: "delete-config-maps", clusterId: "job", all: true }], resource, whole.clients);
    expect(whole.calls).toHaveLength(4);
    // The autoscaler's own one is no part of the cluster.
    const labelSelector = expect.stringMatching(/^app=job,.*,component!=autoscaler$/);
    expect(list).toHaveBeenCalledWith(resourceTypes.configMap, { namespace: "ns", labelSelector });
  });

  test("lose only their job graphs before a restore from HA metadata", async () => {
    const given = clients({}, {}, [...all, map("job-b-config-map", { "executionPlan-b": "x" })]);
    await act([{ kind: "prepare-ha-restore", clusterId: "job" }], resource, given.clients);
    expect(given.calls).toEqual([
      "list",
      'patch ConfigMap job-cluster-config-map {"metadata":{"resourceVersion":"3"},"data":{"jobGraph-a":null}}',
      'patch ConfigMap job-b-config-map {"metadata":{"resourceVersion":"3"},"data":{"executionPlan-b":null}}',
    ]);
  });

  const lock = (holder: string, renewTime = "2026-11-22T11:53:09.909800Z") =>
    `{"holderIdentity":"${holder}","leaseDuration":15.000000000,"renewTime":"${renewTime}","leaderTransitions":0}`;
  const led = (name: string, holder: string, data: Record<string, string> = {}) => {
    const { metadata } = map(name);
    return { metadata: { ...metadata, annotations: { [leader]: lock(holder) } }, data };
  };
  const leader = "control-plane.alpha.kubernetes.io/leader";
  const released = {
    resourceVersion: "3",
    annotations: { [leader]: lock("", "1970-01-01T00:00:00.000000Z") },
  };
  const patchOf = (patch: object) => `patch ConfigMap job-cluster-config-map ${JSON.stringify(patch)}`;
  const job = map("job-a-config-map", { "checkpointID-1": "x" });

  test("lose the lease of the JobManager that is gone, in the same write", async () => {
    const given = clients({}, {}, [led("job-cluster-config-map", "dead", { "jobGraph-a": "x" }), job]);
    await act([{ kind: "prepare-ha-restore", clusterId: "job" }], resource, given.clients);
    expect(given.calls).toEqual([
      "list",
      "list pods",
      patchOf({ metadata: released, data: { "jobGraph-a": null } }),
    ]);
  });

  test("keep it while a pod of a JobManager exists", async () => {
    const found = [led("job-cluster-config-map", "lives", { "jobGraph-a": "x" }), job];
    const given = clients({}, {}, found, [{ metadata: { name: "job-pod", namespace: "ns" } }]);
    await act([{ kind: "prepare-ha-restore", clusterId: "job" }], resource, given.clients);
    expect(given.calls).toEqual([
      "list",
      "list pods",
      patchOf({ metadata: { resourceVersion: "3" }, data: { "jobGraph-a": null } }),
    ]);
  });

  const release = (flinkVersion: FlinkVersion) =>
    ({ kind: "release-ha-lease", clusterId: "job", flinkVersion }) as const;

  test("of a session cluster lose nothing but the lease", async () => {
    const given = clients({}, {}, [led("job-cluster-config-map", "dead", { "jobGraph-a": "x" }), job]);
    await act([release("v1_20")], resource, given.clients);
    expect(given.calls).toEqual(["list", "list pods", patchOf({ metadata: released })]);
  });

  test.each([
    ["v2_1", "jobGraph-a"],
    ["v1_20", "executionPlan-b"],
  ] as const)(
    "of a session cluster that is to run %s lose %s, which it does not read",
    async (version, gone) => {
      const graphs = { "jobGraph-a": "x", "executionPlan-b": "x" };
      const given = clients({}, {}, [led("job-cluster-config-map", "dead", graphs), job]);
      await act([release(version)], resource, given.clients);
      expect(given.calls).toEqual([
        "list",
        "list pods",
        patchOf({ metadata: released, data: { [gone]: null } }),
      ]);
    },
  );

  test("that nobody leads by any more are left as they are", async () => {
    const given = clients({}, {}, [led("job-cluster-config-map", ""), job]);
    await act([release("v1_20")], resource, given.clients);
    expect(given.calls).toEqual(["list"]);
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
  ])("cannot be restored from if %s: a manual restore is required", async (_, found) => {
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

describe("a request to Flink", () => {
  const stop = {
    kind: "stop-with-savepoint",
    jobId: "j",
    triggerId: "t",
    targetDirectory: "file:/s",
    formatType: "NATIVE",
    drain: false,
  } as const;

  test("is sent as decided, and the JobManager is then polled soon", async () => {
    const given = clients();
    await act([stop], resource, given.clients);
    expect(given.calls).toEqual([
      'stop j {"triggerId":"t","targetDirectory":"file:/s","formatType":"NATIVE","drain":false}',
    ]);
    expect(given.onFlinkRequest).toHaveBeenCalledOnce();
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

describe("a snapshot to create", () => {
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

  test("that exists already was created before", async () => {
    const { calls, failure } = await create("FlinkSessionJob", snapshot("FlinkSessionJob"));
    expect(failure).toBeUndefined();
    expect(calls).toEqual([
      "create FlinkStateSnapshot job-savepoint-periodic-5",
      "get FlinkStateSnapshot job-savepoint-periodic-5",
    ]);
  });

  test("gets another name if one of the other kind of job has the name", async () => {
    const besides = "create FlinkStateSnapshot job-savepoint-periodic-5-flinksessionjob";
    const { calls, failure } = await create("FlinkSessionJob", snapshot("FlinkDeployment"));
    expect([calls.at(-1), failure]).toEqual([besides, undefined]);
    const again = await create("FlinkSessionJob", snapshot("FlinkDeployment"), { [besides]: exists });
    expect(again.failure).toBeUndefined();
  });

  test.each([
    [new KubeError(409, "Conflict", "Operation cannot be fulfilled on resourcequotas"), 409],
    [new KubeError(503, "ServiceUnavailable", "try again"), 503],
    [forbidden, undefined],
  ])("of an upgrade is tried again after %s, unless it is refused for good", async (error, status) => {
    const given = clients({ "create FlinkStateSnapshot job-savepoint-periodic-5": error });
    const object = snapshot("FlinkDeployment");
    const { failure } = await act(
      [{ kind: "create-snapshot", object, optional: true }],
      resource,
      given.clients,
    );
    expect(failure?.status).toBe(status);
  });

  test("is not created if the existing one cannot be read", async () => {
    const unreadable = { "get FlinkStateSnapshot job-savepoint-periodic-5": forbidden };
    const { failure } = await create("FlinkSessionJob", snapshot("FlinkSessionJob"), unreadable);
    expect(failure?.status).toBe(403);
  });
});

describe("the check of an SQL script", () => {
  const check = { configMap: object("sql-check-job-1"), pod: { ...object("sql-check-job-1"), kind: "Pod" } };

  test("has its ConfigMap before its pod, and takes one that is there for its own", async () => {
    const given = clients({ "create Pod sql-check-job-1": exists });
    const acted = await act([{ kind: "start-sql-check", objects: check }], resource, given.clients);
    expect(acted.failure).toBeUndefined();
    expect(given.calls.map((call) => call.split(" ").slice(0, 2).join(" "))).toEqual([
      "apply ConfigMap",
      "create Pod",
    ]);
  });

  test("that is refused is no failure of an action, which would hold up all others", async () => {
    const given = clients({ "create Pod sql-check-job-1": forbidden });
    const acted = await act([{ kind: "start-sql-check", objects: check }], resource, given.clients);
    expect(acted.failure).toBeUndefined();
    expect(given.clients.onCheckRefused).toHaveBeenCalledWith({
      name: "sql-check-job-1",
      message: forbidden.message,
    });
  });

  test("is tried again after an error of the API server", async () => {
    const given = clients({ "create Pod sql-check-job-1": new KubeError(503, "ServiceUnavailable", "down") });
    const acted = await act([{ kind: "start-sql-check", objects: check }], resource, given.clients);
    expect(acted.failure?.status).toBe(503);
    expect(given.clients.onCheckRefused).not.toHaveBeenCalled();
  });

  test("is deleted with its pod last, by its uid", async () => {
    const given = clients();
    const action = { kind: "delete-sql-check", name: "sql-check-job-1", uid: "pod-1" } as const;
    await act([action], resource, given.clients);
    expect(given.calls).toEqual([
      expect.stringMatching(/^delete ConfigMap sql-check-job-1/),
      expect.stringMatching(/^delete Pod sql-check-job-1.*pod-1/),
    ]);
    expect(given.observeDelete).toHaveBeenCalledWith("ns", "sql-check-job-1", "pod-1");
  });
});
