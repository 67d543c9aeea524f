import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { storedSpecs } from "../../../test/support/golden.ts";
import { describeExamples } from "../../../test/support/otherProjects.ts";
import { type FlinkFacts, jobStates, type SavepointStatus } from "../../api/flinkFacts.ts";
import {
  type FlinkDeployment,
  type FlinkDeploymentStatus,
  jobManagerDeploymentStatuses,
} from "../../api/v1beta1/flinkdeployment.ts";
import { FINALIZER } from "../../api/v1beta1/names.ts";
import { decideFlinkDeployment } from "../flinkdeployment/decide.ts";
import { formatLastReconciledSpec, readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import type { Input } from "./decide.ts";
import type { Decision } from "./model/decision.ts";
import { type Facts, hasHaCheckpoint } from "./model/facts.ts";
import type { Launch } from "./model/situation.ts";
import { isTerminal } from "./observe/observeJob.ts";
import {
  aConfiguration,
  aDeployment,
  aJobId,
  anInput,
  anUid,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  haOfJob,
  noCluster,
  theTaskManagers,
  withJobSpec,
} from "./situation.fixture.ts";
import { LAST_STATE_DUMMY_PATH } from "./status/status.ts";

const kindsOf = ({ actions }: Decision) => actions.map(({ kind }) => kind);
const specOf = (status: FlinkDeploymentStatus) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec;
const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

const allReported = {
  config: { flinkVersion: "2.3.0", flinkRevision: "abc" },
  ...checkpointFacts({ latestCompleted: aSnapshot(7) }),
};
const javaDeployment = { ...aDeployment, launchId: undefined };

describe("take-over from the Java operator", () => {
  const suspendedBy = (upgradeMode: "savepoint" | "last-state" | "stateless") =>
    withJobSpec({ state: "suspended", upgradeMode });

  test("of a running job performs no action and writes only new fields", () => {
    const status = aStatus(aSpec, { observedGeneration: 1 });
    const facts = { jobManager: javaDeployment, flink: flinkFacts("RUNNING", allReported) };
    const decision = decideFlinkDeployment(anInput(aResource(aSpec, status, { generation: 1 }), facts));
    expect(decision).toMatchObject({ actions: [], events: [] });
    expect(decision.status.reconciliationStatus).toEqual(status.reconciliationStatus);
  });

  test("of a stored spec in the early form, without metadata, performs no action and keeps its text", () => {
    const modern = JSON.parse(formatLastReconciledSpec(aSpec, { firstDeployment: false }));
    const legacy = JSON.stringify({ ...modern.spec, apiVersion: "flink.apache.org/v1beta1" });
    const status = aStatus(aSpec);
    const stored = {
      ...status,
      reconciliationStatus: {
        ...status.reconciliationStatus,
        lastReconciledSpec: legacy,
        lastStableSpec: legacy,
      },
    };
    const decision = decideFlinkDeployment(
      anInput(aResource(aSpec, stored, { generation: 1 }), { jobManager: javaDeployment }),
    );
    expect(decision.actions).toEqual([]);
    expect(decision.status.reconciliationStatus?.lastReconciledSpec).toBe(legacy);
  });

  test("treats null fields as absent fields", () => {
    const status = aStatus(aSpec);
    const nulls = {
      ...status,
      error: null,
      jobStatus: {
        ...status.jobStatus,
        upgradeSavepointPath: null,
        savepointInfo: { triggerId: null, triggerType: null },
      },
    };
    const decide1 = (stored: unknown) =>
      decideFlinkDeployment(anInput(aResource(aSpec, stored as FlinkDeploymentStatus, { generation: 1 })));
    const { savepointInfo: _, ...jobStatus } = decide1(nulls).status.jobStatus ?? {};
    expect(jobStatus).toEqual(decide1(status).status.jobStatus);
    expect(decide1(nulls)).toMatchObject({ actions: [], events: [] });
  });

  describe("take-over in the middle of an upgrade", () => {
    const next = withJobSpec({ args: ["new"] });

    test("the Deployment of the new generation, just created: is adopted, also if the reconcile fails half-way", () => {
      const status = aStatus(suspendedBy("savepoint"), {
        state: "UPGRADING",
        observedGeneration: 2,
        jobManagerDeploymentStatus: "MISSING",
        job: { state: "RECONCILING", upgradeSavepointPath: "file:/sp" },
      });
      const facts = { jobManager: { ...javaDeployment, generation: "2" }, flink: undefined };
      const decision = decideFlinkDeployment(anInput(aResource(aSpec, status), facts));
      expect(kindsOf(decision)).toEqual(["expose"]);
      expect(decision.status).toMatchObject({
        reconciliationStatus: { state: "DEPLOYED" },
        jobStatus: { jobId: aJobId },
      });
      const repeated = decideFlinkDeployment(anInput(aResource(aSpec, decision.observed.status), facts));
      expect(kindsOf(repeated)).toEqual(["expose"]);
    });

    test.each([
      ["savepoint", "1"],
      ["last-state", "1"],
      ["savepoint", "2"],
    ] as const)(
      "by %s, with the old Deployment (generation %s) still present: deletes it and keeps the state",
      (mode, generation) => {
        const status = aStatus(suspendedBy(mode), {
          state: "UPGRADING",
          observedGeneration: 2,
          job: { state: "FINISHED", upgradeSavepointPath: "file:/sp" },
        });
        const old = { jobManager: { ...javaDeployment, generation }, flink: undefined, taskManagerPods: [] };
        const taken = decideFlinkDeployment(anInput(aResource(next, status), old));
        expect(kindsOf(taken)).toEqual(["delete-deployment"]);
        const named = decideFlinkDeployment(anInput(aResource(next, taken.status), noCluster));
        const created = decideFlinkDeployment(anInput(aResource(next, named.status), noCluster));
        const launch = created.actions.find(({ kind }) => kind === "launch");
        const restore =
          launch?.kind === "launch"
            ? (launch.objects.deployment as unknown as { launch: Launch }).launch.restore
            : undefined;
        expect(restore).toEqual(
          mode === "savepoint" ? { kind: "savepoint", path: "file:/sp" } : { kind: "last-state" },
        );
        expect(specOf(created.status)?.job).toMatchObject({
          args: ["new"],
          state: "running",
          upgradeMode: mode,
        });
      },
    );

    test("by cancel, observed as CANCELED: restores from the recorded path", () => {
      const status = aStatus(suspendedBy("savepoint"), {
        state: "UPGRADING",
        observedGeneration: 1,
        job: { state: "CANCELED", upgradeSavepointPath: "file:/chk-9" },
      });
      const rewritten = decideFlinkDeployment(
        anInput(aResource(next, status), { jobManager: javaDeployment, flink: undefined }),
      );
      expect(specOf(rewritten.status)?.job).toMatchObject({ args: ["new"], upgradeMode: "savepoint" });
      expect(rewritten.status.jobStatus?.upgradeSavepointPath).toBe("file:/chk-9");
    });

    test("by cancel, in progress: waits for it", () => {
      const status = aStatus(withJobSpec({ upgradeMode: "savepoint" }), {
        state: "UPGRADING",
        observedGeneration: 2,
        job: { state: "CANCELLING" },
      });
      expect(
        decideFlinkDeployment(
          anInput(aResource(next, status), { jobManager: javaDeployment, flink: flinkFacts("CANCELLING") }),
        ).actions,
      ).toEqual([]);
    });
  });

  describe("take-over with recorded stored specs", () => {
    const atRest = (spec: FlinkDeployment["spec"], recorded: string) => {
      const status = aStatus(aSpec);
      const stored = {
        ...status,
        reconciliationStatus: {
          ...status.reconciliationStatus,
          lastReconciledSpec: recorded,
          lastStableSpec: recorded,
        },
      };
      const standalone = spec?.mode === "standalone";
      const decision = decideFlinkDeployment(
        anInput(aResource(spec ?? {}, stored, { generation: 1 }), {
          jobManager: javaDeployment,
          ...(standalone ? { taskManagers: theTaskManagers() } : {}),
        }),
      );
      expect(decision).toMatchObject({ actions: [], events: [] });
      expect(decision.status.reconciliationStatus).toEqual(stored.reconciliationStatus);
    };

    const title = "at rest, nothing is to do and the stored text stays";
    test.each(storedSpecs)(`$name: ${title}`, ({ spec, stored }) => atRest(spec, stored));

    describeExamples<{ input: FlinkDeployment; lastReconciledSpec_firstDeploy_asIs: string }>(
      "of the examples",
      (examples) =>
        test.each(examples)(`$file: ${title}`, ({ recording }) =>
          atRest(recording.input.spec, recording.lastReconciledSpec_firstDeploy_asIs),
        ),
      "FlinkDeployment",
    );
  });
});

describe("an invalid spec", () => {
  const invalid = { configure: aConfiguration({}, { field: "spec.image", message: "is missing" }) };

  test("that is withdrawn leaves no error, also where nothing runs that could become stable", () => {
    const suspended = withJobSpec({ state: "suspended" });
    const edited = { ...suspended, image: "flink:other" };
    const status = aStatus(suspended, { job: { state: "FINISHED" } });
    const refused = decideFlinkDeployment(anInput(aResource(edited, status), noCluster, invalid));
    expect(refused.status.error).toContain("spec.image");
    const withdrawn = decideFlinkDeployment(
      anInput(aResource(suspended, refused.status, { generation: 3 }), noCluster),
    );
    expect(withdrawn.status.error).toBeUndefined();
    expect(withdrawn.status.lifecycleState).toBe("SUSPENDED");
  });

  test("before a first deployment is reported once and triggers no action", () => {
    const first = decideFlinkDeployment(anInput(aResource(aSpec, undefined), noCluster, invalid));
    expect(first).toMatchObject({ actions: [], status: { lifecycleState: "FAILED" } });
    expect(first.events).toMatchObject([{ reason: "ValidationError", message: "spec.image: is missing" }]);
    expect(decideFlinkDeployment(anInput(aResource(aSpec, first.status), noCluster, invalid)).events).toEqual(
      [],
    );
  });

  test("leaves a running job alone and continues to manage it", () => {
    const edited = withJobSpec({ args: ["new"] });
    const running = decideFlinkDeployment(anInput(aResource(edited, aStatus(aSpec)), {}, invalid));
    expect(running).toMatchObject({
      actions: [],
      status: { observedGeneration: 2, lifecycleState: "STABLE" },
    });
    const lost = decideFlinkDeployment(anInput(aResource(edited, running.status), noCluster, invalid));
    expect(specOf(lost.status)?.job).toMatchObject({ upgradeMode: "last-state", state: "suspended" });
  });

  test("that was valid when it was deployed is reported once, not in each reconcile", () => {
    const first = decideFlinkDeployment(
      anInput(aResource(aSpec, aStatus(aSpec), { generation: 1 }), {}, invalid),
    );
    const second = decideFlinkDeployment(
      anInput(aResource(aSpec, first.status, { generation: 1 }), {}, invalid),
    );
    expect(second.events).toEqual([]);
    expect(second.status).toEqual(first.status);
  });
});

test("a stored spec that cannot be read triggers no action and is reported once", () => {
  const status: FlinkDeploymentStatus = {
    reconciliationStatus: { state: "DEPLOYED", lastReconciledSpec: "{" },
  };
  const first = decideFlinkDeployment(anInput(aResource(aSpec, status)));
  expect(first).toMatchObject({ actions: [], poll: undefined });
  expect(first.status.error).toContain("cannot be read");
  expect(decideFlinkDeployment(anInput(aResource(aSpec, first.status))).events).toEqual([]);
});

test("a finalizer that was removed by hand is added again", () => {
  expect(
    kindsOf(
      decideFlinkDeployment(anInput(aResource(aSpec, aStatus(aSpec), { generation: 1, finalizers: [] }))),
    ),
  ).toEqual(["add-finalizer"]);
});

// Arbitrary statuses combined with arbitrary facts.

const specs = fc
  .record({
    args: fc.constantFrom(undefined, ["new"]),
    upgradeMode: fc.constantFrom("savepoint", "last-state", "stateless"),
    state: fc.constantFrom("running", "suspended"),
    initialSavepointPath: fc.constantFrom(undefined, "file:/initial"),
    savepointRedeployNonce: fc.constantFrom(undefined, 1),
    flinkVersion: fc.constantFrom("v2_3", "v2_2"),
  })
  .map(({ flinkVersion, ...job }) => plain(withJobSpec(job as object, { flinkVersion } as object)));

const paths = fc.constantFrom(undefined, "file:/known", LAST_STATE_DUMMY_PATH);
const triggerId = "t".repeat(32);
const triggers = fc.constantFrom(
  undefined,
  { triggerId, triggerTimestamp: 90_000, triggerType: "UPGRADE" as const },
  { triggerTimestamp: 90_000 },
);
const statuses: fc.Arbitrary<FlinkDeploymentStatus> = fc
  .record({
    deployed: fc.option(specs, { nil: undefined, freq: 8 }),
    state: fc.constantFrom("DEPLOYED", "UPGRADING"),
    stable: fc.boolean(),
    firstDeployment: fc.boolean(),
    observedGeneration: fc.constantFrom(1, 2),
    jobManager: fc.constantFrom(...jobManagerDeploymentStatuses),
    job: fc.record({
      jobId: fc.constantFrom(aJobId, undefined),
      state: fc.constantFrom(undefined, ...jobStates),
      upgradeSavepointPath: paths,
      savepointInfo: triggers,
    }),
    error: fc.constantFrom(undefined, "", '{"message":"e"}'),
  })
  .map(({ deployed, state, stable, firstDeployment, observedGeneration, jobManager, job, error }) => {
    const recorded =
      deployed === undefined ? undefined : formatLastReconciledSpec(deployed, { firstDeployment });
    return plain({
      observedGeneration,
      error,
      jobManagerDeploymentStatus: jobManager,
      jobStatus: job,
      reconciliationStatus: {
        state,
        lastReconciledSpec: recorded,
        lastStableSpec: stable ? recorded : undefined,
        reconciliationTimestamp: 1_000,
      },
    }) as FlinkDeploymentStatus;
  });

const savepoints: fc.Arbitrary<SavepointStatus> = fc.constantFrom<SavepointStatus>(
  { state: "unknown" },
  { state: "in-progress" },
  { state: "completed", location: "file:/sp-new" },
  { state: "failed", failure: { className: "a.b.X", stackTrace: "a.b.X: x" } },
);
const flinks: fc.Arbitrary<FlinkFacts | undefined> = fc.option(
  fc
    .record({
      state: fc.constantFrom(...jobStates),
      deploymentUid: fc.constantFrom(anUid, anUid, "older"),
      reachability: fc.constantFrom("ok", "ok", "failing", "never"),
      absent: fc.boolean(),
      reported: fc.constantFrom(
        undefined,
        checkpointFacts(),
        checkpointFacts({ latestCompleted: aSnapshot(7) }),
        checkpointFacts({ latestCompleted: aSnapshot(7, { discarded: true }) }),
      ),
      metrics: fc.constantFrom(
        undefined,
        { jobId: aJobId, at: 99_000, restarts: 0, completedCheckpoints: 1 },
        { jobId: aJobId, at: 99_000, restarts: 65, completedCheckpoints: 0 },
      ),
      savepoint: fc.option(savepoints, { nil: undefined }),
    })
    .map(({ state, absent, reported, savepoint, ...more }) =>
      flinkFacts(state, {
        ...more,
        ...(absent ? { jobs: [] } : {}),
        ...reported,
        ...(savepoint === undefined
          ? {}
          : { savepoint: { jobId: aJobId, triggerId, at: 99_000, status: savepoint } }),
      } as Partial<FlinkFacts>),
    ),
  { nil: undefined },
);
const pods = (name: string) =>
  fc.constantFrom(
    [],
    [{ name, ip: "10.0.0.1", ready: true, deleting: false, problem: undefined }],
    [{ name, ip: undefined, ready: false, deleting: true, problem: undefined }],
    [
      {
        name,
        ip: undefined,
        ready: false,
        deleting: false,
        problem: { container: "main", reason: "ImagePullBackOff", message: "m", restartCount: 0 },
      },
    ],
  );
const never = {
  type: "Available",
  status: "False",
  reason: "",
  message: "",
  lastTransitionTime: aDeployment.creationTimestamp,
};
const factsOfAll: fc.Arbitrary<Partial<Facts>> = fc.record({
  jobManager: fc.constantFrom(
    undefined,
    aDeployment,
    { ...aDeployment, generation: "2", launchId: undefined },
    { ...aDeployment, deleting: true },
    { ...aDeployment, availableReplicas: 0, conditions: [never] },
  ),
  jobManagerPods: pods("job-abc"),
  taskManagerPods: pods("job-taskmanager-1-1"),
  haConfigMaps: fc.constantFrom(
    [],
    [haOfJob],
    [{ ...haOfJob, dataKeys: [] }],
    [{ ...haOfJob, deleting: true }],
  ),
  flink: flinks,
});

/** Undefined: a native cluster. */
const standalone: fc.Arbitrary<Pick<Facts, "taskManagers"> | undefined> = fc.constantFrom(
  undefined,
  undefined,
  {},
  { taskManagers: theTaskManagers() },
  { taskManagers: theTaskManagers({ deleting: true }) },
  { taskManagers: theTaskManagers({ replicas: 5 }) },
);

/** The same status for a cluster in standalone mode. */
const asStandalone = (status: FlinkDeploymentStatus): FlinkDeploymentStatus =>
  JSON.parse(JSON.stringify(status).replaceAll('\\"mode\\":null', '\\"mode\\":\\"standalone\\"'));

const inputs: fc.Arbitrary<Input> = fc
  .record({
    spec: specs,
    status: statuses,
    facts: factsOfAll,
    standalone,
    deleting: fc.constantFrom(false, false, false, true),
    finalizers: fc.constantFrom<string[]>([FINALIZER], [FINALIZER], []),
    settings: fc.record({
      highAvailability: fc.boolean(),
      lastStateFallback: fc.boolean(),
      jobCancel: fc.boolean(),
      restartFailed: fc.boolean(),
      health: fc.constantFrom(undefined, {
        restarts: 2,
        restartsWindowMs: 120_000,
        progressWindowMs: 60_000,
      }),
      checkpointsRetainedOnCancel: fc.boolean(),
    }),
    invalid: fc.constantFrom(undefined, undefined, { field: "spec.image", message: "is missing" }),
  })
  .map(({ standalone: more, deleting, finalizers, settings, invalid, ...input }) => {
    const { spec, status, facts } =
      more === undefined
        ? input
        : {
            spec: { ...input.spec, mode: "standalone" as const },
            status: asStandalone(input.status),
            facts: { ...input.facts, ...more },
          };
    const metadata = { finalizers, ...(deleting ? { deletionTimestamp: "1970-01-01T00:01:00Z" } : {}) };
    return anInput(aResource(spec, status, metadata), facts, {
      configure: aConfiguration(settings, invalid),
    });
  });

function freeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const field of Object.values(value)) freeze(field);
  }
  return value;
}

/** The resource after a reconcile whose actions had no effect on the cluster except for the finalizer. */
function followed(input: Input, { status, actions }: Decision, laterMs: number): Input {
  const { metadata } = input.resource;
  const finalizers = actions.some(({ kind }) => kind === "add-finalizer") ? [FINALIZER] : metadata.finalizers;
  const resource = {
    ...input.resource,
    metadata: { ...metadata, ...(finalizers && { finalizers }) },
    status: plain(status),
  };
  return { ...input, resource, now: input.now + laterMs };
}

const restoreOf = (action: Decision["actions"][number]) =>
  action.kind === "launch"
    ? (action.objects.deployment as unknown as { launch: Launch }).launch.restore
    : undefined;

/** The same cases in each run, so that only a code change makes it fail. FC_SEED selects others. */
const runs = { numRuns: 4_000, seed: Number(process.env.FC_SEED ?? 1) };

/** Thousands of decisions each, which take time on a loaded machine. */
describe("for any status and any facts", { timeout: 180_000 }, () => {
  test("decide is deterministic and does not change its input", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const frozen = { ...input, resource: freeze(input.resource), facts: freeze(input.facts) };
        expect(plain(decideFlinkDeployment(frozen))).toEqual(plain(decideFlinkDeployment(frozen)));
      }),
      runs,
    );
  });

  test("with unchanged facts, decisions converge: no new status, no new event, the same actions", () => {
    fc.assert(
      fc.property(inputs, (start) => {
        let input = start;
        // Each reconcile is a minute later, so that every timeout expires.
        for (let round = 0; round < 12; round += 1) {
          const decision = decideFlinkDeployment(input);
          // A cluster that is launched repeatedly is also lost repeatedly.
          if (kindsOf(decision).includes("launch")) return;
          input = followed(input, decision, 60_000);
        }
        const settled = decideFlinkDeployment(input);
        const next = followed(input, settled, 0);
        const repeated = decideFlinkDeployment(next);
        // A refused savepoint is retried forever, at its own interval, with a new id each time.
        if (kindsOf(repeated).includes("dry-run") || kindsOf(settled).includes("stop-with-savepoint")) return;
        expect(plain(repeated.status)).toEqual(plain(settled.status));
        expect(
          repeated.events.filter(({ reportsError, once }) => reportsError === true && once !== true),
        ).toEqual([]);
        expect(kindsOf(repeated)).toEqual(kindsOf(settled));
      }),
      runs,
    );
  });

  test("HA metadata that a launch restores from is never deleted, and nothing is created before the old cluster is gone", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const decision = decideFlinkDeployment(input);
        const launch = decision.actions.find(({ kind }) => kind === "launch");
        const restore = launch && restoreOf(launch);
        if (restore?.kind === "last-state") expect(kindsOf(decision)).not.toContain("delete-config-maps");
        if (launch !== undefined) {
          expect(input.facts).toMatchObject({
            jobManager: undefined,
            jobManagerPods: [],
            taskManagerPods: [],
          });
          expect(input.facts.taskManagers).toBeUndefined();
        }
      }),
      runs,
    );
  });

  test("a stateful launch with known state never starts empty", () => {
    let launches = 0;
    fc.assert(
      fc.property(inputs, (input) => {
        const decision = decideFlinkDeployment(input);
        const restore = decision.actions.map(restoreOf).find((found) => found !== undefined);
        if (restore?.kind !== "none") return;
        launches += 1;
        const before = readLastReconciledSpec(
          input.resource.status?.reconciliationStatus?.lastReconciledSpec,
        );
        if (before?.metadata?.firstDeployment === true) return;
        if (before?.spec.job?.upgradeMode === "stateless") return;
        expect(input.resource.status?.jobStatus?.upgradeSavepointPath).toBeUndefined();
        if (before?.spec.job?.upgradeMode === "last-state")
          expect(hasHaCheckpoint(input.facts.haConfigMaps)).toBe(false);
      }),
      { ...runs, numRuns: 20_000 },
    );
    expect(launches).toBeGreaterThan(0);
  });

  test("a running job is not stopped in the reconcile that decides to stop it, nor before a dry run", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { reconciliationStatus, jobStatus } = input.resource.status ?? {};
        const intended =
          reconciliationStatus?.state === "UPGRADING" || jobStatus?.savepointInfo?.triggerId !== undefined;
        const suspendedNow = specOf(input.resource.status ?? {})?.job?.state === "suspended";
        if (intended || suspendedNow || input.resource.metadata.deletionTimestamp !== undefined) return;
        const decision = decideFlinkDeployment(input);
        for (const kind of [
          "delete-deployment",
          "stop-job-manager",
          "cancel",
          "stop-with-savepoint",
          "launch",
        ])
          expect(kindsOf(decision)).not.toContain(kind);
        const taken =
          decision.status.reconciliationStatus?.state === "UPGRADING" ||
          decision.status.jobStatus?.savepointInfo?.triggerId !== undefined;
        const runsNow =
          decision.status.jobManagerDeploymentStatus === "READY" &&
          !isTerminal(decision.observed.status.jobStatus?.state) &&
          reconciliationStatus?.lastReconciledSpec !== undefined;
        if (taken && runsNow && input.resource.spec.job?.state === "running")
          expect(kindsOf(decision)).toContain("dry-run");
      }),
      runs,
    );
  });

  test("a launch never restores from a snapshot of an older cluster of the same name", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        if (input.facts.flink?.deploymentUid === anUid && input.facts.jobManager?.uid === anUid) return;
        const before = input.resource.status?.jobStatus?.upgradeSavepointPath;
        const path = decideFlinkDeployment(input).status.jobStatus?.upgradeSavepointPath;
        expect([
          before,
          input.resource.spec.job?.initialSavepointPath,
          // An invalid edit of a first deployment keeps the launch that was intended.
          specOf(input.resource.status ?? {})?.job?.initialSavepointPath,
          LAST_STATE_DUMMY_PATH,
          undefined,
        ]).toContain(path);
      }),
      runs,
    );
  });

  test("a deletion completes once the cluster is deleted", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const metadata = {
          ...input.resource.metadata,
          finalizers: [FINALIZER],
          deletionTimestamp: "1970-01-01T00:01:00Z",
        };
        const gone = {
          ...input,
          resource: { ...input.resource, metadata },
          facts: { ...input.facts, ...noCluster, taskManagers: undefined } as Facts,
        };
        const acts = kindsOf(decideFlinkDeployment(gone)).filter((kind) => kind !== "delete-config-maps");
        expect(acts).toEqual(["remove-finalizer"]);
      }),
      runs,
    );
  });
});

describe("a setting that is accepted and has no effect", () => {
  const scaled = (generation: number, observedGeneration: number) => {
    const status = { ...aStatus(aSpec), observedGeneration };
    const resource = aResource(aSpec, status, { generation });
    return decideFlinkDeployment(
      anInput(resource, {}, { configure: aConfiguration({ autoscalerLimit: "it only reports" }) }),
    );
  };
  const told = ({ events }: ReturnType<typeof scaled>) =>
    events.filter(({ reason }) => reason === "AutoscalerHasNoEffect");

  test("has one event for each generation, and a condition while it is set", () => {
    const first = scaled(3, 2);
    expect(told(first)).toMatchObject([{ type: "Warning", once: true, key: "AutoscalerHasNoEffect 3" }]);
    expect(told(scaled(3, 3))).toEqual([]);
    for (const { status } of [first, scaled(3, 3)])
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: "Effective", status: "False", reason: "AutoscalerHasNoEffect" }),
      );
  });
});
