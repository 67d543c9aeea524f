import { describe, expect, test } from "vitest";
import type { FlinkDeployment, FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { APPROVED_GENERATION_ANNOTATION, BLUE_GREEN_LABEL } from "../../../api/v1beta1/names.ts";
import { parseDisruptionWindows } from "../../../config/values/disruptionWindows.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { decideFlinkSessionJob } from "../../flinksessionjob/decide.ts";
import {
  aSessionCluster,
  aSessionJobSpec,
  sessionJobFacts,
  withSessionJob,
} from "../../flinksessionjob/situation.fixture.ts";
import { formatLastReconciledSpec, readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Input } from "../decide.ts";
import type { Decision } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
import { flinkSessionJobKind } from "../model/resourceKind.ts";
import type { Settings } from "../model/settings.ts";
import {
  aConfiguration,
  anInput,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  noCluster,
  withJobSpec,
} from "../situation.fixture.ts";

const edited = withJobSpec({ args: ["new"] });
const manual = { approvalRequired: true };
const approved = (generation: number) => ({
  annotations: { [APPROVED_GENERATION_ANNOTATION]: `${generation}` },
});

interface Case {
  readonly spec?: FlinkDeploymentSpec;
  readonly status?: ReturnType<typeof aStatus>;
  readonly facts?: Partial<Facts>;
  readonly metadata?: Partial<FlinkDeployment["metadata"]>;
  readonly settings?: Partial<Settings>;
  readonly input?: Partial<Input>;
}

const decided = ({
  spec = edited,
  status = aStatus(aSpec),
  facts = {},
  metadata = {},
  settings = manual,
  input = {},
}: Case = {}): Decision =>
  decideFlinkDeployment(
    anInput(aResource(spec, status, metadata), facts, { configure: aConfiguration(settings), ...input }),
  );

const kindsOf = ({ actions }: Decision) => actions.map(({ kind }) => kind);
const reasonsOf = ({ events }: Decision) => events.map(({ reason }) => reason);
const condition = ({ status }: Decision, type: string) =>
  status.conditions?.find((each) => each.type === type);
const recorded = ({ status }: Decision) =>
  readLastReconciledSpec(status.reconciliationStatus?.lastReconciledSpec)?.spec;
const awaited = (decision: Decision) => decision.status.pendingChange?.waitsFor;

/** The edit is refused. */
const refusing = {
  configure:
    (settings: Partial<Settings>): Input["configure"] =>
    (spec, deployed) => ({
      ...aConfiguration(settings)(spec, deployed),
      ...(spec === edited ? { error: { field: "spec.x", message: "is wrong" } } : {}),
    }),
};

describe("an edit that needs approval", () => {
  test("waits: nothing is done, and the status, the conditions and one event say for what", () => {
    const first = decided();
    expect(first.actions).toEqual([]);
    expect(first.status).toMatchObject({
      observedGeneration: 1,
      lifecycleState: "STABLE",
      pendingChange: { generation: 2, waitsFor: "Approval", changes: ["spec.job.args"] },
    });
    expect(condition(first, "DisruptionPending")).toMatchObject({
      status: "True",
      reason: "WaitingForApproval",
    });
    expect(condition(first, "Reconciling")).toMatchObject({ status: "True", reason: "WaitingForApproval" });
    expect(condition(first, "Ready")?.message).toContain("kubectl flink approve job");
    expect(reasonsOf(first)).toEqual(["WaitingForApproval"]);

    const again = decided({ status: first.status });
    expect(again.events).toEqual([]);
    expect(again.status).toEqual(first.status);
  });

  test.each([
    ["savepoint", ["dry-run"]],
    ["last-state", ["dry-run"]],
    ["stateless", ["dry-run"]],
  ] as const)("acts once it is approved (%s)", (upgradeMode, actions) => {
    const spec = withJobSpec({ args: ["new"], upgradeMode });
    const waiting = decided({ spec });
    const decision = decided({ spec, status: waiting.status, metadata: approved(2) });
    expect(kindsOf(decision)).toEqual(actions);
    expect(decision.status.pendingChange).toBeUndefined();
    expect(condition(decision, "DisruptionPending")).toBeUndefined();
  });

  test("does not count an approval of another generation, and a newer edit asks anew", () => {
    const stale = decided({ metadata: approved(1) });
    expect(awaited(stale)).toBe("Approval");
    expect(condition(stale, "Ready")?.message).toContain('"2", which is now "1")');
    const waiting = decided();
    const newer = decided({
      spec: withJobSpec({ args: ["newer"] }),
      status: waiting.status,
      metadata: { generation: 3, ...approved(2) },
    });
    expect(newer.actions).toEqual([]);
    expect(newer.status.pendingChange?.generation).toBe(3);
    expect(reasonsOf(newer)).toEqual(["WaitingForApproval"]);
  });

  test("that is taken back leaves nothing behind", () => {
    const waiting = decided();
    const back = decided({ spec: aSpec, status: waiting.status, metadata: { generation: 3 } });
    expect(back.actions).toEqual([]);
    expect(back.status).toMatchObject({ observedGeneration: 3 });
    expect(back.status.pendingChange).toBeUndefined();
  });

  test("waits in the middle of an approved upgrade too: what was launched is completed without it", () => {
    const intended = decided({
      spec: withJobSpec({ args: ["new"], upgradeMode: "stateless" }),
      metadata: approved(2),
    });
    const newer = decided({
      spec: withJobSpec({ args: ["newer"], upgradeMode: "stateless" }),
      status: intended.status,
      facts: noCluster,
      metadata: { generation: 3, ...approved(2) },
    });
    expect(newer.status.pendingChange?.generation).toBe(3);
    expect(newer.status.observedGeneration).toBe(2);
    expect(recorded(newer)?.job).toMatchObject({ args: ["new"] });
  });

  test("waits although it was refused before, when the operator's configuration allows it", () => {
    const error = JSON.stringify({ type: "ValidationError", message: "spec.x: is wrong" });
    const refused = aStatus(aSpec, { observedGeneration: 2, error: `${error} org.apache` });
    const before = decided({ input: { configure: refusing.configure(manual) }, status: refused });
    expect(before.status).toMatchObject({ observedGeneration: 2 });
    expect(before.status.pendingChange).toBeUndefined();
    const allowed = decided({ status: before.status });
    expect(awaited(allowed)).toBe("Approval");
    expect(awaited(decided({ status: allowed.status }))).toBe("Approval");
    expect(kindsOf(decided({ status: allowed.status, metadata: approved(2) }))).toEqual(["dry-run"]);
  });

  test("that was refused waits also where something else has replaced the error since", () => {
    const { error: _, ...refused } = decided({ input: { configure: refusing.configure(manual) } }).status;
    expect(refused).toMatchObject({ observedGeneration: 2, refusedGeneration: 2 });
    const others = { ...refused, error: "The savepoint failed." };
    expect(awaited(decided({ status: others }))).toBe("Approval");
    const unasked = decided({ input: { configure: refusing.configure({}) } }).status;
    expect(unasked.refusedGeneration).toBeUndefined();
    expect(decided({ spec: aSpec, status: others }).status.refusedGeneration).toBeUndefined();
  });

  test("is approved until its intent is written, however many passes that takes, outside of all windows too", () => {
    const settings = {
      ...manual,
      disruptionWindows: parseDisruptionWindows("schedule:0 2 * * *,duration:1 m"),
    };
    const refused = decided({ settings, input: { configure: refusing.configure(settings) } });
    const waiting = decided({ settings, status: refused.status });
    expect(awaited(waiting)).toBe("Approval");
    const act = (status: ReturnType<typeof aStatus>, facts: Partial<Facts> = {}) =>
      decided({ settings, status, facts, metadata: approved(2) });
    const asking = act(waiting.status, { flink: flinkFacts("RUNNING", { reachability: "failing" }) });
    expect(asking.actions).toEqual([]);
    expect(asking.status.pendingChange).toEqual(waiting.status.pendingChange);
    expect(condition(asking, "DisruptionPending")).toBeUndefined();
    const begun = act(asking.status);
    expect(kindsOf(begun)).toEqual(["dry-run"]);
    expect(begun.status.pendingChange).toBeUndefined();
    const { triggerId: _, triggerType: __, ...info } = begun.status.jobStatus?.savepointInfo ?? {};
    const failed = {
      ...begun.status,
      jobStatus: { ...begun.status.jobStatus, savepointInfo: { ...info, triggerTimestamp: 1 } },
    };
    const again = act(failed);
    expect(kindsOf(again)).toEqual(["dry-run"]);
    expect(again.status.pendingChange).toBeUndefined();
  });

  test.each<[string, ReturnType<typeof aStatus>]>([
    [
      "a stop",
      aStatus(aSpec, {
        job: { savepointInfo: { triggerId: "t", triggerType: "UPGRADE", triggerTimestamp: 1 } },
      }),
    ],
    ["a launch", aStatus(withJobSpec({ state: "suspended" }), { state: "UPGRADING" })],
  ])("of the parallelism waits during %s, which would launch with it", (_, status) => {
    const settings = { ...manual, notInPlace: undefined };
    expect(awaited(decided({ spec: withJobSpec({ parallelism: 2 }), settings, status }))).toBe("Approval");
    const atRest = decided({ spec: withJobSpec({ parallelism: 2 }), settings });
    expect(atRest.status.pendingChange).toBeUndefined();
    expect(atRest.poll?.want.parallelism).toBe(true);
  });

  test.each([
    [undefined, undefined],
    ["2026-01-01T00:10:00Z", "Approval"],
  ])(
    "of the parallelism of a session job, whose session cluster is replaced until %s, waits for %s",
    (until, expected) => {
      const metadata = { firstDeployment: false };
      const lastReconciledSpec = formatLastReconciledSpec(
        aSessionJobSpec,
        metadata,
        flinkSessionJobKind.spec,
      );
      const status = aStatus(aSpec, { reconciliationStatus: { state: "DEPLOYED", lastReconciledSpec } });
      const decision = decideFlinkSessionJob(
        anInput(
          aResource(withSessionJob({ parallelism: 2 }), status),
          sessionJobFacts({ session: { ...aSessionCluster, replacement: until } }),
          { configure: aConfiguration({ ...manual, notInPlace: undefined }) },
        ),
      );
      expect(awaited(decision)).toBe(expected);
    },
  );

  test("that changes other fields for the same reason is recorded anew, without the plan", () => {
    const waiting = decided();
    const planned = {
      ...waiting.status,
      pendingChange: { ...waiting.status.pendingChange, effect: "restart", since: "2026-01-01T00:00:00Z" },
    };
    expect(decided({ status: planned }).status.pendingChange?.effect).toBe("restart");
    const other = decided({ spec: { ...edited, image: "flink:other" }, status: planned });
    expect(other.status.pendingChange).toEqual({
      generation: 2,
      waitsFor: "Approval",
      since: "2026-01-01T00:00:00Z",
      changes: ["spec.job.args", "spec.image"],
    });
  });

  test.each<[string, Case]>([
    ["what needs no restart", { spec: withJobSpec({ upgradeMode: "last-state" }) }],
    ["a suspension", { spec: withJobSpec({ state: "suspended", args: ["new"] }) }],
    [
      "the resumption of a suspended job",
      {
        status: aStatus(withJobSpec({ state: "suspended" }), { job: { state: "FINISHED" } }),
        facts: noCluster,
      },
    ],
    [
      "the restart of a job that has failed",
      { status: aStatus(aSpec, { job: { state: "FAILED" } }), facts: { flink: flinkFacts("FAILED") } },
    ],
    [
      "a first deployment that was not carried out",
      { status: aStatus(aSpec, { state: "UPGRADING", firstDeployment: true }), facts: noCluster },
    ],
    [
      "an edit of a FlinkDeployment of a FlinkBlueGreenDeployment",
      { metadata: { labels: { [BLUE_GREEN_LABEL]: "BLUE" } } },
    ],
    ["a deletion", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }],
    ["an edit where no approval is asked for", { settings: {} }],
  ])("is not asked of %s", (_, given) => {
    expect(decided(given).status.pendingChange).toBeUndefined();
  });

  test("does not keep a lost JobManager from being recovered with the deployed spec", () => {
    const waiting = decided();
    const lost = decided({
      status: waiting.status,
      facts: { ...noCluster, haConfigMaps: anInput(aResource(aSpec, undefined)).facts.haConfigMaps },
    });
    expect(lost.status.reconciliationStatus?.state).toBe("UPGRADING");
    expect(recorded(lost)?.job?.args).toEqual([]);
    expect(lost.status.pendingChange?.generation).toBe(2);
    expect(lost.status.observedGeneration).toBe(1);
  });

  test("waits on while its job fails or ends, and does not act in the place of a restart", () => {
    const waiting = decided();
    for (const state of ["FAILED", "FINISHED"] as const) {
      const facts = { flink: flinkFacts(state, checkpointFacts({ latestCompleted: aSnapshot(7) })) };
      const settings = { ...manual, restartFailed: true };
      const ended = decided({ status: waiting.status, facts, settings });
      expect(ended.status.pendingChange?.generation).toBe(2);
      expect(recorded(ended)?.job?.args).toEqual([]);
      expect(ended.status.reconciliationStatus?.state).toBe(state === "FAILED" ? "UPGRADING" : "DEPLOYED");
      const later = decided({ status: ended.status, facts, settings });
      expect(later.status.pendingChange?.generation).toBe(2);
    }
  });

  test("of a resource that is rolled back waits, and leaves it rolled back", () => {
    const failed = formatLastReconciledSpec(withJobSpec({ args: ["failed"] }), { firstDeployment: false });
    const { reconciliationStatus, ...status } = aStatus(aSpec);
    const rolledBack = {
      ...status,
      reconciliationStatus: {
        ...reconciliationStatus,
        state: "ROLLED_BACK" as const,
        lastReconciledSpec: failed,
      },
    };
    const waiting = decided({ status: rolledBack });
    expect(waiting.actions).toEqual([]);
    expect(waiting.status.reconciliationStatus).toMatchObject({
      state: "ROLLED_BACK",
      lastReconciledSpec: failed,
    });
    expect(condition(waiting, "Reconciling")?.reason).toBe("WaitingForApproval");
    expect(kindsOf(decided({ status: waiting.status, metadata: approved(2) }))).toEqual(["dry-run"]);
  });

  test("of a session cluster that would be replaced waits, and its number of TaskManagers does not", () => {
    const { job: _, ...session } = aSpec;
    const standalone = { ...session, mode: "standalone" as const, taskManager: { replicas: 1 } };
    const status = aStatus(standalone);
    expect(awaited(decided({ spec: { ...standalone, image: "flink:other" }, status }))).toBe("Approval");
    const scaled = { ...standalone, taskManager: { replicas: 2 } };
    expect(decided({ spec: scaled, status }).status.pendingChange).toBeUndefined();
  });
});

describe("a change that is no edit", () => {
  const windows = parseDisruptionWindows("schedule:0 2 * * *,duration:2 h");
  const at = (time: string) => Date.parse(`2026-03-10T${time}:00Z`);
  const seen = aStatus(aSpec, { observedGeneration: 2 });
  const on = (time: string, given: Case = {}) =>
    decided({ status: seen, settings: { disruptionWindows: windows }, ...given, input: { now: at(time) } });

  test("waits until the next window opens, once reconciled at that time, and the resource stays ready", () => {
    const outside = on("01:58");
    expect(outside.actions).toEqual([]);
    expect(outside.status.pendingChange).toMatchObject({
      waitsFor: "DisruptionWindow",
      until: "2026-03-10T02:00:00.000Z",
    });
    expect(reasonsOf(outside)).toContain("WaitingForDisruptionWindow");
    expect(outside.requeueAfterMs).toBeLessThanOrEqual(120_000);
    expect(condition(outside, "DisruptionPending")?.message).toContain("2026-03-10T02:00:00.000Z");
    expect(condition(outside, "Ready")?.status).toBe("True");

    const later = on("01:59", { status: outside.status });
    expect(reasonsOf(later)).not.toContain("WaitingForDisruptionWindow");
    expect(later.status.pendingChange).toEqual(outside.status.pendingChange);

    const early = on("02:00", {
      status: later.status,
      facts: { flink: flinkFacts("RUNNING", { reachability: "failing" }) },
    });
    expect(early.status.pendingChange).toEqual(outside.status.pendingChange);
    expect(condition(early, "DisruptionPending")).toBeUndefined();
    const inside = on("02:00", { status: early.status });
    expect(kindsOf(inside)).toEqual(["dry-run"]);
    expect(inside.status.pendingChange).toBeUndefined();
  });

  test("waits on when an edit adds what needs no restart, and acts when one adds what does", () => {
    const outside = on("01:00");
    const metadata = { generation: 3 };
    const nonce = withJobSpec({ args: ["new"], savepointTriggerNonce: 5 });
    const still = on("01:00", { spec: nonce, status: outside.status, metadata });
    expect(still.actions).toEqual([]);
    expect(still.status.pendingChange).toMatchObject({ generation: 3, waitsFor: "DisruptionWindow" });
    const later = on("01:01", { spec: nonce, status: still.status, metadata });
    expect(later.status.pendingChange).toEqual(still.status.pendingChange);
    const more = { ...edited, image: "flink:other" };
    expect(kindsOf(on("01:01", { spec: more, status: outside.status, metadata }))).toEqual(["dry-run"]);
    const settings = { disruptionWindows: windows, ...manual };
    expect(awaited(on("01:00", { spec: nonce, status: outside.status, metadata, settings }))).toBe(
      "Approval",
    );
  });

  test("that can be made in place again waits no longer", () => {
    const spec = withJobSpec({ parallelism: 2 });
    const lost = on("01:00", { spec });
    expect(awaited(lost)).toBe("DisruptionWindow");
    const settings = { disruptionWindows: windows, notInPlace: undefined };
    const again = on("01:00", { spec, status: lost.status, settings });
    expect(again.poll?.want.parallelism).toBe(true);
    expect(again.desired.pending).toBeUndefined();
  });

  test("completes the replacement of a session cluster that a window has begun", () => {
    const { job: _, ...session } = aSpec;
    const replaced = { ...session, image: "flink:other" };
    const status = aStatus(session, { observedGeneration: 2 });
    const settings = { disruptionWindows: windows, saveSessionJobsMs: 600_000 };
    expect(awaited(on("12:00", { spec: replaced, status, settings }))).toBe("DisruptionWindow");
    const replacement = { generation: 2, since: "2026-03-10T02:59:00Z", until: "2026-03-10T03:09:00Z" };
    const begun = on("05:00", { spec: replaced, status: { ...status, replacement }, settings });
    expect(begun.status.pendingChange).toBeUndefined();
  });

  test("that an edit of the launch follows is recorded with the first stop", () => {
    const stateless = (args: string[]) => withJobSpec({ args, upgradeMode: "stateless" });
    const settings = {};
    const first = decided({ spec: stateless(["new"]), settings, input: { now: at("01:00") } });
    expect(first.status.reconciliationStatus?.reconciliationTimestamp).toBe(at("01:00"));
    const given = { status: first.status, facts: noCluster, metadata: { generation: 3 }, settings };
    const again = decided({ ...given, spec: stateless(["newer"]), input: { now: at("01:01") } });
    expect(again.status.reconciliationStatus?.reconciliationTimestamp).toBe(at("01:01"));
    expect(again.status.decisions?.[0]?.stoppedAt).toBe("2026-03-10T01:00:00.000Z");
  });

  test.each<[string, Case]>([
    ["an edit", { status: aStatus(aSpec, { observedGeneration: 1 }) }],
    [
      "what was begun",
      {
        status: aStatus(aSpec, {
          observedGeneration: 2,
          job: { savepointInfo: { triggerId: "t", triggerType: "UPGRADE" } },
        }),
      },
    ],
    ["anything where there are no windows", { settings: {} }],
  ])("%s does not wait", (_, given) => {
    expect(on("12:00", given).status.pendingChange).toBeUndefined();
  });

  test("an approved edit is asked for by hand, and waits for no window", () => {
    const settings = { disruptionWindows: windows, ...manual };
    const waiting = on("12:00", { status: aStatus(aSpec), settings });
    expect(awaited(waiting)).toBe("Approval");
    const decision = on("12:00", { status: waiting.status, settings, metadata: approved(2) });
    expect(kindsOf(decision)).toEqual(["dry-run"]);
  });
});
