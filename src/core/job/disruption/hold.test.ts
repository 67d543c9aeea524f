import { describe, expect, test } from "vitest";
import type { FlinkDeployment, FlinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { APPROVED_GENERATION_ANNOTATION, BLUE_GREEN_LABEL } from "../../../api/v1beta1/names.ts";
import { parseDisruptionWindows } from "../../../config/values/disruptionWindows.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { formatLastReconciledSpec, readLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import type { Input } from "../decide.ts";
import type { Decision } from "../model/decision.ts";
import type { Facts } from "../model/facts.ts";
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
    const before = decided({
      input: {
        configure: (spec, deployed) => ({
          ...aConfiguration(manual)(spec, deployed),
          ...(spec === edited ? { error: { field: "spec.x", message: "is wrong" } } : {}),
        }),
      },
      status: refused,
    });
    expect(before.status).toMatchObject({ observedGeneration: 2 });
    expect(before.status.pendingChange).toBeUndefined();
    const allowed = decided({ status: before.status });
    expect(awaited(allowed)).toBe("Approval");
    expect(awaited(decided({ status: allowed.status }))).toBe("Approval");
    expect(kindsOf(decided({ status: allowed.status, metadata: approved(2) }))).toEqual(["dry-run"]);
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

    const inside = on("02:00", { status: later.status });
    expect(kindsOf(inside)).toEqual(["dry-run"]);
    expect(inside.status.pendingChange).toBeUndefined();
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
