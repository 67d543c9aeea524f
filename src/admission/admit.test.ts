import { describe, expect, it } from "vitest";
import type { FieldType } from "../api/declaration.ts";
import type { KubeObject } from "../api/kubernetes.ts";
import { flinkSessionJobSpec } from "../api/v1beta1/flinksessionjob.ts";
import { CANARY_LABEL } from "../api/v1beta1/names.ts";
import { emptyConfig, flinkConfig } from "../config/flinkConfig.ts";
import { formatStoredSpec } from "../core/flinkbluegreendeployment/storedSpec.ts";
import { formatLastReconciledSpec } from "../core/spec/lastReconciledSpec.ts";
import { KubeError } from "../kube/errors.ts";
import { createAdmission } from "./admit.ts";
import { MAX_PLANNED_LENGTH } from "./assumedStart.ts";
import type { AdmissionRequest } from "./review.ts";

const memory = { resources: { requests: { memory: "2048m", cpu: "1" } } };
const session = {
  image: "flink:2.2",
  flinkVersion: "v2_2",
  serviceAccount: "flink",
  jobManager: memory,
  taskManager: memory,
};
const application = {
  ...session,
  job: { jarURI: "local:///opt/flink/usrlib/job.jar", parallelism: 1 },
};
const sessionJob = { deploymentName: "cluster", job: { jarURI: "https://e.org/a.jar", parallelism: 1 } };

type Stored = Record<string, KubeObject | "broken">;

/** The API server's response to the dry run of a pod template. */
type Answer = (asked: KubeObject) => [status: number, reason: string, message: string];

const knowsAll: Answer = () => [
  400,
  "BadRequest",
  'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.flinkOperatorAsks"',
];

function admissionWith(stored: Stored = {}, config = emptyConfig, answer = knowsAll) {
  const asked: string[] = [];
  const admission = createAdmission({
    config: () => config,
    kube: {
      async get(type, namespace, name) {
        asked.push(`${type.kind} ${namespace}/${name}`);
        const found = stored[`${type.kind}/${name}`];
        if (found === "broken") throw new KubeError(0, "Timeout", "no answer");
        if (found === undefined) throw new KubeError(404, "NotFound", "not found");
        return found;
      },
      async create(type, object, options) {
        asked.push(`create ${type.kind} ${JSON.stringify(options)}`);
        throw new KubeError(...answer(object));
      },
    },
  });
  return { ...admission, asked };
}

const objectOf = (kind: string, spec: unknown, metadata: object = {}, status?: unknown): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind,
  metadata: { name: "a", namespace: "flink", ...metadata },
  spec,
  ...(status === undefined ? {} : { status }),
});

const requestFor = (object: KubeObject, more: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  uid: "u",
  kind: { group: "flink.apache.org", version: "v1beta1", kind: object.kind ?? "" },
  operation: "CREATE",
  subResource: undefined,
  object,
  oldObject: undefined,
  ...more,
});

const update = (before: KubeObject, after: KubeObject): AdmissionRequest =>
  requestFor(after, { operation: "UPDATE", oldObject: before });

const deployedAs = (spec: object, type?: FieldType) => ({
  reconciliationStatus: {
    lastReconciledSpec: formatLastReconciledSpec(spec, { firstDeployment: true }, type),
  },
});

describe("validation allows", () => {
  it.each([
    ["FlinkDeployment", application],
    ["FlinkDeployment", session],
    ["FlinkSessionJob", sessionJob],
    ["FlinkBlueGreenDeployment", { template: { spec: application } }],
    [
      "FlinkStateSnapshot",
      { jobReference: { kind: "FlinkDeployment", name: "x" }, savepoint: { path: "s3://b/s" } },
    ],
  ])("%s", async (kind, spec) => {
    const { validate } = admissionWith({
      "FlinkDeployment/cluster": objectOf("FlinkDeployment", session),
      "FlinkDeployment/x": objectOf("FlinkDeployment", application),
    });
    expect(await validate(requestFor(objectOf(kind, spec)))).toEqual({ allowed: true, warnings: [] });
  });

  it.each([
    ["FlinkDeployment", { ...application, job: { parallelism: "1" } }, "spec.job.parallelism"],
    ["FlinkDeployment", { ...application, serviceAccount: undefined }, "spec.serviceAccount"],
    ["FlinkDeployment", 1, "spec"],
    ["FlinkDeployment", undefined, "spec.flinkVersion"],
    ["FlinkSessionJob", { ...sessionJob, job: 1 }, "spec.job"],
    ["FlinkStateSnapshot", { savepoint: "s3://b" }, "spec.savepoint"],
    ["FlinkBlueGreenDeployment", { template: { spec: session } }, "spec.template.spec.job"],
  ])("but not an invalid %s: %j", async (kind, spec, field) => {
    const answer = await admissionWith().validate(requestFor(objectOf(kind, spec)));
    expect(answer.allowed ? [] : answer.errors[0]).toMatchObject({ field });
  });

  it("refuses the name of the second cluster of another FlinkDeployment", async () => {
    const status = { clusterId: "cluster-warm" };
    const stored = {
      "FlinkDeployment/cluster": objectOf("FlinkDeployment", session, { name: "cluster" }, status),
    };
    const created = objectOf("FlinkDeployment", session, { name: "cluster-warm" });
    expect(await admissionWith(stored).validate(requestFor(created))).toMatchObject({
      allowed: false,
      errors: [{ field: "metadata.name", message: expect.stringContaining("is called cluster-warm") }],
    });
    expect(await admissionWith(stored).validate(update(created, created))).toMatchObject({ allowed: true });
    expect(await admissionWith().validate(requestFor(created))).toMatchObject({ allowed: true });
  });

  it("uses the operator's defaults for the namespace and the version", async () => {
    const spec = { ...application, job: { ...application.job, upgradeMode: "last-state" } };
    const key = "kubernetes.operator.default-configuration.namespace.flink.state.checkpoints.dir";
    const object = requestFor(objectOf("FlinkDeployment", spec));
    expect(await admissionWith().validate(object)).toMatchObject({ allowed: false });
    const configured = admissionWith({}, flinkConfig({ [key]: "s3://b/c" }));
    expect(await configured.validate(object)).toMatchObject({ allowed: true });
  });

  it("compares with the deployed spec, not with the previous spec", async () => {
    const before = objectOf("FlinkDeployment", session, {}, deployedAs(application));
    const after = objectOf("FlinkDeployment", { ...session, image: "b" });
    expect(await admissionWith().validate(update(before, after))).toMatchObject({
      allowed: false,
      errors: [{ field: "spec.job", message: expect.stringMatching(/cannot be removed/) }],
    });
  });

  it("refuses an object that is too large", async () => {
    const podTemplate = { spec: { x: "x".repeat(7_000_000) } };
    expect(
      await admissionWith().validate(
        requestFor(objectOf("FlinkDeployment", { ...application, podTemplate })),
      ),
    ).toMatchObject({
      allowed: false,
      errors: [{ field: "spec", message: expect.stringMatching(/too large/) }],
    });
  });

  it("refuses an unknown kind, and an unknown version of a known kind", async () => {
    const { validate } = admissionWith();
    expect(await validate(requestFor(objectOf("Pod", {})))).toMatchObject({
      allowed: false,
      errors: [{ field: "kind", message: expect.stringMatching(/^Unexpected resource: Pod/) }],
    });
    const alpha = requestFor(objectOf("FlinkDeployment", {}), {
      kind: { group: "flink.apache.org", version: "v1alpha1", kind: "FlinkDeployment" },
    });
    expect(await validate(alpha)).toMatchObject({
      allowed: false,
      errors: [
        { field: "apiVersion", message: "must be flink.apache.org/v1beta1, not flink.apache.org/v1alpha1" },
      ],
    });
  });
});

describe("validation skips", () => {
  const invalid = objectOf("FlinkDeployment", { mode: "native" });
  it.each<[string, AdmissionRequest]>([
    ["a canary", requestFor(objectOf("FlinkDeployment", {}, { labels: { [CANARY_LABEL]: "true" } }))],
    ["a deletion", requestFor(invalid, { operation: "DELETE", object: undefined, oldObject: invalid })],
    ["a subresource", requestFor(invalid, { operation: "UPDATE", subResource: "status" })],
    [
      "a spec that stays as it is",
      update(invalid, { ...invalid, metadata: { name: "a", labels: { b: "c" } } }),
    ],
    [
      "what is being deleted",
      update(
        objectOf("FlinkDeployment", { mode: "standalone" }),
        objectOf("FlinkDeployment", { mode: "native" }, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      ),
    ],
  ])("%s", async (_, request) => {
    expect(await admissionWith().validate(request)).toEqual({ allowed: true });
  });
});

describe("warnings", () => {
  it("announce a restart, compared with the deployed spec", async () => {
    const before = objectOf("FlinkDeployment", application, {}, deployedAs(application));
    const after = objectOf("FlinkDeployment", { ...application, image: "flink:2.3" });
    expect(await admissionWith().validate(update(before, after))).toMatchObject({
      warnings: [expect.stringMatching(/^the change of spec.image restarts the job/)],
    });
    // Back to the deployed spec: no restart.
    const reverted = objectOf("FlinkDeployment", application);
    const edited = { ...after, status: before.status };
    expect(await admissionWith().validate(update(edited, reverted))).toEqual({ allowed: true, warnings: [] });
  });

  it("announce that a FlinkBlueGreenDeployment replaces its job, and from what", async () => {
    const job = { ...application.job, upgradeMode: "savepoint" };
    const flinkConfiguration = { "state.checkpoints.dir": "file:///c", "state.savepoints.dir": "file:///s" };
    const stateful = { ...application, job, flinkConfiguration };
    const specOf = (change: object) => ({ template: { spec: { ...stateful, ...change } } });
    const status = {
      blueGreenState: "ACTIVE_BLUE",
      jobStatus: { state: "RUNNING" },
      lastReconciledSpec: formatStoredSpec(specOf({}) as never),
    };
    const before = objectOf("FlinkBlueGreenDeployment", specOf({}), {}, status);
    const warningsOf = async (change: object) =>
      (await admissionWith().validate(update(before, objectOf("FlinkBlueGreenDeployment", specOf(change)))))
        .warnings;
    expect(await warningsOf({ image: "flink:9" })).toEqual([
      expect.stringMatching(
        /^the change of spec.template.spec.image starts the job in a second FlinkDeployment, from a savepoint that/,
      ),
    ]);
    expect(await warningsOf({ job: { ...job, state: "suspended" } })).toEqual([
      expect.stringMatching(/stops the job$/),
    ]);
    expect(await warningsOf({ job: { ...job, upgradeMode: "last-state" } })).toEqual([]);
    const underWay = objectOf(
      "FlinkBlueGreenDeployment",
      specOf({}),
      {},
      {
        ...status,
        blueGreenState: "TRANSITIONING_TO_BLUE",
        deploymentReadyTimestamp: "1970-01-01T00:00:00Z",
      },
    );
    const after = objectOf("FlinkBlueGreenDeployment", specOf({ image: "flink:9" }));
    expect((await admissionWith().validate(update(underWay, after))).warnings).toEqual([
      expect.stringMatching(/spec.template.spec.image restarts the job that is under way/),
    ]);
    // A plan of a large one would keep others waiting.
    const large = (change: object) =>
      specOf({
        ...change,
        flinkConfiguration: { ...flinkConfiguration, k: "x".repeat(MAX_PLANNED_LENGTH / 2) },
      });
    const lastReconciledSpec = formatStoredSpec(large({}) as never);
    const largeBefore = objectOf(
      "FlinkBlueGreenDeployment",
      large({}),
      {},
      { ...status, lastReconciledSpec },
    );
    const largeAfter = objectOf("FlinkBlueGreenDeployment", large({ image: "flink:9" }));
    expect((await admissionWith().validate(update(largeBefore, largeAfter))).warnings).toEqual([]);
  });

  it("say that an edit waits for approval, where it has to be approved", async () => {
    const flinkConfiguration = { "kubernetes.operator.upgrade.approval": "manual" };
    const manual = { ...application, flinkConfiguration };
    const before = objectOf("FlinkDeployment", manual, {}, deployedAs(manual));
    const warningsOf = async (spec: object) =>
      (await admissionWith().validate(update(before, objectOf("FlinkDeployment", spec)))).warnings;
    const approve = /restarts the job: .*, once it is approved: kubectl flink approve a$/;
    expect(await warningsOf({ ...manual, image: "flink:2.3" })).toEqual([expect.stringMatching(approve)]);
    const suspended = { ...manual, job: { ...manual.job, state: "suspended" } };
    expect(await warningsOf(suspended)).toEqual([expect.not.stringMatching(/approved/)]);
  });

  it("name an option of which the value is wrong, with what is right", async () => {
    const windows = { "kubernetes.operator.disruption.windows": "[{schedule: 0 2 * *, duration: 1 h}]" };
    const created = objectOf("FlinkDeployment", { ...application, flinkConfiguration: windows });
    expect(
      await admissionWith().validate(update(objectOf("FlinkDeployment", application), created)),
    ).toMatchObject({
      allowed: false,
      errors: [
        {
          field: "kubernetes.operator.disruption.windows",
          message: expect.stringMatching(/must have 5 fields/),
        },
      ],
    });
  });

  it("tell what the operator's own plan does with the state, which the spec alone does not say", async () => {
    const flinkConfiguration = { "state.checkpoints.dir": "file:///c", "state.savepoints.dir": "file:///s" };
    const job = { ...application.job, upgradeMode: "last-state", state: "running" };
    const stateful = { ...application, flinkConfiguration, job };
    const running = {
      ...deployedAs(stateful),
      jobManagerDeploymentStatus: "READY",
      jobStatus: { jobId: "a".repeat(32), state: "RUNNING" },
    };
    const live = objectOf("FlinkDeployment", stateful, {}, running);
    const warningsOf = async (change: object) =>
      (await admissionWith().validate(update(live, objectOf("FlinkDeployment", { ...stateful, ...change }))))
        .warnings;
    expect(await warningsOf({ image: "flink:2.3" })).toEqual([
      expect.stringMatching(/restarts the job: it goes on from its newest checkpoint$/),
    ]);
    // Checkpoints of high availability are not for another version, so the operator takes a savepoint.
    expect(await warningsOf({ image: "flink:2.3", flinkVersion: "v2_3" })).toEqual([
      expect.stringMatching(/restarts the job: it is stopped with a savepoint and goes on from that$/),
    ]);
  });

  it("tell of a large spec what it asks for, without a plan", async () => {
    const job = { ...application.job, upgradeMode: "last-state", state: "running" };
    const flinkConfiguration = { "state.checkpoints.dir": "file:///c", "state.savepoints.dir": "file:///s" };
    const warningsOf = async (value: string) => {
      const spec = { ...application, job, flinkConfiguration: { ...flinkConfiguration, value } };
      const status = {
        ...deployedAs(spec),
        jobManagerDeploymentStatus: "READY",
        jobStatus: { jobId: "a".repeat(32), state: "RUNNING" },
      };
      const edited = objectOf("FlinkDeployment", { ...spec, image: "flink:2.3", flinkVersion: "v2_3" });
      return (await admissionWith().validate(update(objectOf("FlinkDeployment", spec, {}, status), edited)))
        .warnings;
    };
    expect(await warningsOf("short")).toEqual([expect.stringMatching(/stopped with a savepoint/)]);
    expect(await warningsOf("x".repeat(MAX_PLANNED_LENGTH))).toEqual([
      expect.stringMatching(/it goes on from its newest checkpoint$/),
    ]);
  });

  it.each([{}, [null], "x"])("are not given for a wrong envFrom, which is refused: %j", async (envFrom) => {
    const podTemplate = { spec: { containers: [{ name: "flink-main-container", envFrom }] } };
    const python = { parallelism: 1, python: { script: "print()" } };
    const answer = await admissionWith().validate(
      requestFor(objectOf("FlinkDeployment", { ...application, job: python, podTemplate })),
    );
    expect(answer).toMatchObject({
      allowed: false,
      errors: [{ field: expect.stringMatching(/^spec.podTemplate.spec.containers\[0\].envFrom/) }],
    });
  });

  it("are given whatever the recorded spec holds", async () => {
    const recorded = {
      ...application,
      job: { args: "x", state: 3 },
      flinkConfiguration: [1],
      podTemplate: "x",
    };
    const lastReconciledSpec = JSON.stringify({ spec: recorded, resource_metadata: {} });
    const live = objectOf(
      "FlinkDeployment",
      application,
      {},
      { reconciliationStatus: { lastReconciledSpec } },
    );
    const edited = objectOf("FlinkDeployment", { ...application, image: "flink:9" });
    expect(await admissionWith().validate(update(live, edited))).toMatchObject({ allowed: true });
  });

  it("tell what the plan does with the state of a session job, whose cluster is read", async () => {
    const savepoints = { "state.checkpoints.dir": "file:///c", "state.savepoints.dir": "file:///s" };
    const live = (flinkConfiguration: object, upgradeMode: string, state: string) => {
      const job = { ...sessionJob.job, upgradeMode, state: "running" };
      const spec = { ...sessionJob, job };
      const status = {
        ...deployedAs(spec, flinkSessionJobSpec),
        jobStatus: { jobId: "a".repeat(32), state },
      };
      const cluster = objectOf(
        "FlinkDeployment",
        { ...session, flinkConfiguration },
        {},
        { ...deployedAs({ ...session, flinkConfiguration }), jobManagerDeploymentStatus: "READY" },
      );
      return { spec, before: objectOf("FlinkSessionJob", spec, {}, status), cluster };
    };
    const warningsOf = async (mode: string, change: object, state = "RUNNING") => {
      const { spec, before, cluster } = live(savepoints, mode, state);
      const after = objectOf("FlinkSessionJob", { ...spec, job: { ...spec.job, ...change } });
      const admission = admissionWith({ "FlinkDeployment/cluster": cluster });
      return (await admission.validate(update(before, after))).warnings;
    };
    expect(await warningsOf("savepoint", { entryClass: "a.B" })).toEqual([
      expect.stringMatching(/it is stopped with a savepoint and goes on from that$/),
    ]);
    // A job that is restarting takes no savepoint, whatever its spec asks for.
    expect(await warningsOf("savepoint", { entryClass: "a.B" }, "RESTARTING")).toEqual([
      expect.stringMatching(/it goes on from its newest checkpoint$/),
    ]);
  });

  it("depend on the mode of a session job's cluster", async () => {
    const before = objectOf("FlinkSessionJob", sessionJob, {}, deployedAs(sessionJob, flinkSessionJobSpec));
    const after = objectOf("FlinkSessionJob", { ...sessionJob, job: { ...sessionJob.job, parallelism: 2 } });
    const cluster = (mode: string) => ({
      "FlinkDeployment/cluster": objectOf("FlinkDeployment", { ...session, mode }),
    });
    const warningsWith = async (mode: string) =>
      (await admissionWith(cluster(mode)).validate(update(before, after))).warnings;
    expect(await warningsWith("native")).toEqual([expect.stringMatching(/restarts the job/)]);
    expect(await warningsWith("standalone")).toEqual([expect.stringMatching(/rescales the job in place/)]);
  });
});

describe("a referred resource", () => {
  const snapshotOf = (kind: string, name: string) =>
    requestFor(objectOf("FlinkStateSnapshot", { jobReference: { kind, name }, savepoint: {} }));

  it("is part of the validation", async () => {
    const { validate } = admissionWith({
      "FlinkDeployment/cluster": objectOf("FlinkDeployment", session),
      "FlinkDeployment/app": objectOf("FlinkDeployment", application),
      "FlinkDeployment/saving": objectOf("FlinkDeployment", {
        ...application,
        flinkConfiguration: { "state.savepoints.dir": "s3://b/s" },
      }),
    });
    const errorOf = async (kind: string, name: string) => {
      const answer = await validate(snapshotOf(kind, name));
      return answer.allowed ? "" : `${answer.errors[0].field}: ${answer.errors[0].message}`;
    };
    expect(await errorOf("FlinkDeployment", "gone")).toMatch(
      /^spec.jobReference.name: there is no FlinkDeployment "gone"/,
    );
    expect(await errorOf("FlinkDeployment", "cluster")).toMatch(/is a session cluster/);
    expect(await errorOf("FlinkDeployment", "app")).toMatch(
      /^spec.savepoint.path: .*has no state.savepoints.dir/,
    );
    expect(await errorOf("FlinkDeployment", "saving")).toBe("");
    expect(await errorOf("FlinkSessionJob", "gone")).toMatch(/there is no FlinkSessionJob "gone"/);
  });

  it.each([
    ["neither has a directory for savepoints", {}, {}, "", /^spec.savepoint.path: .*state.savepoints.dir/],
    ["the session cluster has one", { "state.savepoints.dir": "s3://b/s" }, {}, "", /^$/],
    ["the session job has one", {}, { "state.savepoints.dir": "s3://b/s" }, "", /^$/],
    ["the session cluster is gone", undefined, {}, "", /^$/],
    ["it is too old for checkpoints", {}, {}, "v1_16", /^spec.checkpoint: needs Flink v1_17/],
  ] as const)("of a session job, by its session cluster: %s", async (_, ofCluster, ofJob, version, said) => {
    const { validate } = admissionWith({
      "FlinkSessionJob/j": objectOf("FlinkSessionJob", { ...sessionJob, flinkConfiguration: ofJob }),
      ...(ofCluster && {
        "FlinkDeployment/cluster": objectOf("FlinkDeployment", {
          ...session,
          flinkConfiguration: ofCluster,
          ...(version === "" ? {} : { flinkVersion: version }),
        }),
      }),
    });
    const jobReference = { kind: "FlinkSessionJob", name: "j" };
    const what = version === "" ? { savepoint: {} } : { checkpoint: {} };
    const answer = await validate(requestFor(objectOf("FlinkStateSnapshot", { jobReference, ...what })));
    expect(answer.allowed ? "" : `${answer.errors[0].field}: ${answer.errors[0].message}`).toMatch(said);
  });

  it("leads to a warning if the session cluster of its job cannot be read", async () => {
    const { validate } = admissionWith({
      "FlinkSessionJob/j": objectOf("FlinkSessionJob", sessionJob),
      "FlinkDeployment/cluster": "broken",
    });
    expect(await validate(snapshotOf("FlinkSessionJob", "j"))).toEqual({
      allowed: true,
      warnings: [expect.stringMatching(/^FlinkDeployment cluster could not be asked for/)],
    });
  });

  it("leads to a warning if no snapshot of its job can be taken now", async () => {
    const saving = { ...application, flinkConfiguration: { "state.savepoints.dir": "s3://b/s" } };
    const { validate } = admissionWith({
      "FlinkDeployment/runs": objectOf("FlinkDeployment", saving, {}, { jobStatus: { state: "RUNNING" } }),
      "FlinkDeployment/starts": objectOf(
        "FlinkDeployment",
        saving,
        {},
        { jobStatus: { state: "RECONCILING" } },
      ),
      "FlinkDeployment/suspended": objectOf("FlinkDeployment", {
        ...saving,
        job: { ...application.job, state: "suspended" },
      }),
    });
    const warningsOf = async (name: string) => (await validate(snapshotOf("FlinkDeployment", name))).warnings;
    expect(await warningsOf("runs")).toEqual([]);
    expect(await warningsOf("starts")).toEqual([
      expect.stringMatching(/^the snapshot waits for its job: its job is RECONCILING/),
    ]);
    expect(await warningsOf("suspended")).toEqual([
      expect.stringMatching(/^nothing is taken: .*its job is suspended/),
    ]);
  });

  it("of a completed snapshot: an edit says what its deletion does, and what is not read any more", async () => {
    const { validate } = admissionWith({ "FlinkDeployment/gone": "broken" });
    const spec = { jobReference: { kind: "FlinkDeployment", name: "gone" } };
    const completed = (savepoint: object) =>
      objectOf("FlinkStateSnapshot", { ...spec, savepoint }, {}, { state: "COMPLETED", path: "s3://b/1" });
    const edited = async (savepoint: object) =>
      (await validate(update(completed({}), completed(savepoint)))).warnings;
    expect(await edited({ disposeOnDelete: false })).toContain(
      "when it is deleted, its savepoint s3://b/1 stays",
    );
    expect(await edited({ path: "s3://b/2" })).toContainEqual(
      expect.stringMatching(/^The snapshot is COMPLETED: spec.savepoint.path is not read any more/),
    );
  });

  it("of a snapshot in progress: an edit says what of it is lost", async () => {
    const saving = { ...application, flinkConfiguration: { "state.savepoints.dir": "s3://b/s" } };
    const { validate } = admissionWith({
      "FlinkDeployment/runs": objectOf("FlinkDeployment", saving, {}, { jobStatus: { state: "RUNNING" } }),
    });
    const jobReference = { kind: "FlinkDeployment", name: "runs" };
    const status = { state: "IN_PROGRESS", triggerId: "t", triggerTimestamp: "2026-01-01T00:00:00Z" };
    const taking = (what: object) => objectOf("FlinkStateSnapshot", { jobReference, ...what }, {}, status);
    const edited = async (what: object) =>
      (await validate(update(taking({ savepoint: {} }), taking(what)))).warnings;
    expect(await edited({ savepoint: {}, backoffLimit: 1 })).toEqual([]);
    expect(await edited({ savepoint: { path: "s3://b/2" } })).toEqual([
      "The snapshot is in progress: what was requested of Flink stays as it is.",
    ]);
    expect(await edited({ checkpoint: {} })).toEqual([
      expect.stringMatching(/what was requested of Flink is not waited for/),
    ]);
  });

  it("is read only if it matters", async () => {
    const admission = admissionWith();
    await admission.validate(requestFor(objectOf("FlinkDeployment", application)));
    await admission.validate(requestFor(objectOf("FlinkSessionJob", {})));
    expect(admission.asked).toEqual([]);
    await admission.validate(requestFor(objectOf("FlinkSessionJob", sessionJob)));
    await admission.validate(
      requestFor(objectOf("FlinkStateSnapshot", { jobReference: { kind: "FlinkSessionJob", name: "j" } })),
    );
    expect(admission.asked).toEqual(["FlinkDeployment flink/cluster", "FlinkSessionJob flink/j"]);
  });

  it("does not block a request if it cannot be read", async () => {
    const { validate } = admissionWith({ "FlinkDeployment/cluster": "broken" });
    expect(await validate(requestFor(objectOf("FlinkSessionJob", sessionJob)))).toEqual({
      allowed: true,
      warnings: [expect.stringMatching(/^FlinkDeployment cluster could not be asked for/)],
    });
  });
});

describe("mutation", () => {
  const mutate = async (metadata: object, spec: unknown = sessionJob) =>
    await admissionWith().mutate(requestFor(objectOf("FlinkSessionJob", spec, metadata)));

  it("labels a session job with its cluster", async () => {
    expect(await mutate({})).toEqual({
      allowed: true,
      patch: [{ op: "add", path: "/metadata/labels", value: { "target.session": "cluster" } }],
    });
    const patch = [{ op: "add", path: "/metadata/labels/target.session", value: "cluster" }];
    expect(await mutate({ labels: {} })).toEqual({ allowed: true, patch });
    expect(await mutate({ labels: { a: "b", "target.session": "other" } })).toEqual({ allowed: true, patch });
  });

  it.each([
    [{ labels: { "target.session": "cluster" } }, sessionJob],
    [{}, {}],
    [{}, undefined],
    [{}, { deploymentName: "No Label" }],
  ])("changes nothing if the label is right or impossible: %j, %j", async (metadata, spec) => {
    expect(await mutate(metadata, spec ?? {})).toEqual({ allowed: true, patch: [] });
  });

  it("does not change other kinds", async () => {
    const { mutate } = admissionWith();
    expect(await mutate(requestFor(objectOf("FlinkDeployment", session)))).toEqual({ allowed: true });
  });
});

describe("pod templates", () => {
  const template = {
    spec: { containers: [{ name: "flink-main-container", livenessprobe: {}, volumemounts: [] }] },
  };
  const unknown: Answer = () => [
    400,
    "BadRequest",
    'POST /apis/apps/v1/namespaces/flink/deployments: Deployment in version "v1" cannot be handled as a Deployment: ' +
      'strict decoding error: unknown field "spec.flinkOperatorAsks", ' +
      'unknown field "spec.template.spec.containers[0].livenessprobe", unknown field "spec.template.spec.newest"',
  ];
  const withTemplate = (more: object = {}) =>
    objectOf("FlinkDeployment", {
      ...application,
      taskManager: { ...memory, podTemplate: template },
      ...more,
    });
  const at = "spec.taskManager.podTemplate.spec";

  it("are validated by the API server, in a request that cannot create anything", async () => {
    const given = admissionWith({}, emptyConfig, unknown);
    expect(await given.validate(requestFor(withTemplate()))).toEqual({
      allowed: false,
      errors: [
        {
          field: `${at}.containers[0].livenessprobe`,
          message: "there is no such field; did you mean livenessProbe?",
        },
        { field: `${at}.newest`, message: "there is no such field" },
      ],
    });
    expect(given.asked).toEqual(['create Deployment {"dryRun":true,"fieldValidation":"Strict"}']);
  });

  it("pass with fields that only a newer API server knows", async () => {
    const newer = objectOf("FlinkDeployment", { ...application, podTemplate: { spec: { newest: 1 } } });
    expect(await admissionWith().validate(requestFor(newer))).toEqual({ allowed: true, warnings: [] });
  });

  it("are refused with the field of a value of the wrong type", async () => {
    const mistyped = { spec: { containers: [{ name: "flink-main-container", tty: "yes" }] } };
    const answer: Answer = () => [
      400,
      "BadRequest",
      'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct ' +
        "field Container.spec.template.spec.containers.tty of type bool",
    ];
    const object = objectOf("FlinkDeployment", { ...application, podTemplate: mistyped });
    expect(await admissionWith({}, emptyConfig, answer).validate(requestFor(object))).toMatchObject({
      errors: [
        { field: "spec.podTemplate.spec.containers[0].tty", message: 'must be true or false, not "yes"' },
      ],
    });
  });

  it("are refused with the server's message if only the server knows the error", async () => {
    const answer: Answer = () => [
      400,
      "BadRequest",
      'Deployment in version "v1" cannot be handled as a Deployment: quantities must match the regular expression',
    ];
    expect(await admissionWith({}, emptyConfig, answer).validate(requestFor(withTemplate()))).toMatchObject({
      errors: [
        {
          field: "spec.taskManager.podTemplate",
          message: "cannot be read: quantities must match the regular expression",
        },
      ],
    });
  });

  it("that are stored already do not block another change", async () => {
    const given = admissionWith({}, emptyConfig, unknown);
    const update = { operation: "UPDATE", oldObject: withTemplate() } as const;
    const changed = withTemplate({ restartNonce: 1 });
    expect(await given.validate(requestFor(changed, update))).toMatchObject({ allowed: true });
    expect(given.asked).toEqual([]);
  });

  it("pass if the API server gives no answer, with a warning if the cause is transient", async () => {
    const busy: Answer = () => [503, "ServiceUnavailable", "busy"];
    const denied: Answer = () => [403, "Forbidden", "no"];
    expect(await admissionWith({}, emptyConfig, busy).validate(requestFor(withTemplate()))).toEqual({
      allowed: true,
      warnings: [
        "spec.taskManager.podTemplate: the API server could not be asked whether it knows all fields",
      ],
    });
    expect(await admissionWith({}, emptyConfig, denied).validate(requestFor(withTemplate()))).toEqual({
      allowed: true,
      warnings: [],
    });
  });
});
