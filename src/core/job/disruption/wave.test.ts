import { describe, expect, test } from "vitest";
import type { Disruption } from "../../../api/v1beta1/commonStatus.ts";
import { parseDisruptionWindows } from "../../../config/values/disruptionWindows.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import type { Decision } from "../model/decision.ts";
import type { AwaySessionJob, Facts, WaveFacts } from "../model/facts.ts";
import type { FlinkResourceStatus } from "../model/flinkResource.ts";
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
import { disruptionOf, fullWave } from "./wave.ts";

const edited = withJobSpec({ args: ["new"] });
const limit = { maxUnavailable: { count: 2 } };
const wave = (disrupted: number, failed = 0): WaveFacts => ({ resources: 10, disrupted, failed });
const startedAt = "2026-03-10T01:00:00.000Z";
const now = Date.parse(startedAt);

interface Case {
  readonly spec?: typeof aSpec;
  readonly status?: FlinkResourceStatus;
  readonly facts?: Partial<Facts>;
  readonly settings?: Partial<Settings>;
  readonly generation?: number;
}

/** A change that is no edit: its generation is observed already. */
const decided = ({
  spec = edited,
  status = aStatus(aSpec, { observedGeneration: 2 }),
  facts = {},
  settings = limit,
  generation = 2,
}: Case = {}): Decision =>
  decideFlinkDeployment(
    anInput(
      aResource(spec, status, { generation }),
      { wave: wave(0), ...facts },
      {
        configure: aConfiguration(settings),
        now,
      },
    ),
  );

const kindsOf = ({ actions }: Decision) => actions.map(({ kind }) => kind);
const reasonsOf = ({ events }: Decision) => events.map(({ reason }) => reason);

describe("a change that is no edit", () => {
  test("takes its place with the intent of a warm upgrade, and keeps it while the wave is full or the window is closed", () => {
    const spec = withJobSpec({ args: ["new"], entryClass: "org.example.Job" });
    const warm = { ...limit, warmUpgradeTimeoutMs: 300_000 };
    const begun = decided({ spec, settings: warm });
    expect(begun.status).toMatchObject({ warmUpgrade: { generation: 2 }, disruption: { startedAt } });
    const disruptionWindows = parseDisruptionWindows("schedule:0 3 * * *,duration:1 h");
    const settings = { ...warm, disruptionWindows };
    const next = decided({ spec, status: begun.status, settings, facts: { wave: wave(2) } });
    expect(kindsOf(next)).toEqual(["launch-standby"]);
    expect(next.status).toMatchObject({ warmUpgrade: { generation: 2 }, disruption: { startedAt } });
  });

  test("takes a place with its intent, while there is one", () => {
    const begun = decided({ facts: { wave: wave(1) } });
    expect(kindsOf(begun)).toEqual(["dry-run"]);
    expect(begun.status.disruption).toEqual({ startedAt });
    expect(begun.status.pendingChange).toBeUndefined();
    expect(begun.statusDelayMs).toBe(0);
  });

  test("waits while all are taken, says so once, and asks nobody", () => {
    const waiting = decided({ facts: { wave: wave(2) } });
    expect(waiting.actions).toEqual([]);
    expect(waiting.waitsForPlaceOf).toEqual({ count: 2 });
    expect(waiting.status).toMatchObject({
      lifecycleState: "STABLE",
      pendingChange: { generation: 2, waitsFor: "Wave", changes: ["spec.job.args"] },
    });
    expect(waiting.status.disruption).toBeUndefined();
    expect(reasonsOf(waiting)).toEqual(["WaitingForWave"]);
    const pending = waiting.status.conditions?.find(({ type }) => type === "DisruptionPending");
    expect(pending).toMatchObject({ status: "True", reason: "WaitingForWave" });
    expect(waiting.status.conditions?.find(({ type }) => type === "Ready")?.status).toBe("True");
    const again = decided({ status: waiting.status, facts: { wave: wave(3) } });
    expect(again.events).toEqual([]);
    expect(again.status).toEqual(waiting.status);
    const acting = decided({ status: waiting.status, facts: { wave: wave(1) } });
    expect(kindsOf(acting)).toEqual(["dry-run"]);
    expect(acting.waitsForPlaceOf).toBeUndefined();
    expect(acting.status.pendingChange).toBeUndefined();
  });

  test("waits for the window first, and for the wave inside of it", () => {
    const settings = {
      ...limit,
      disruptionWindows: parseDisruptionWindows("schedule:0 2 * * *,duration:1 h"),
    };
    const outside = decided({ settings, facts: { wave: wave(2) } });
    expect(outside.status.pendingChange?.waitsFor).toBe("DisruptionWindow");
    const open = { ...limit, disruptionWindows: parseDisruptionWindows("schedule:0 0 * * *,duration:2 h") };
    const inside = decided({ settings: open, status: outside.status, facts: { wave: wave(2) } });
    expect(inside.status.pendingChange).toMatchObject({ waitsFor: "Wave" });
    expect(inside.status.pendingChange?.until).toBeUndefined();
  });

  test.each<[string, Case]>([
    ["an edit", { status: aStatus(aSpec, { observedGeneration: 1 }) }],
    ["anything without a limit", { settings: {} }],
    ["anything where the wave is not known", { facts: { wave: undefined } }],
    [
      "what was begun",
      {
        status: aStatus(aSpec, {
          observedGeneration: 2,
          job: { savepointInfo: { triggerId: "t", triggerType: "UPGRADE" } },
        }),
      },
    ],
  ])("%s does not wait", (_, given) => {
    const decision = decided({ facts: { wave: wave(2, 2) }, ...given });
    expect(decision.status.pendingChange).toBeUndefined();
    expect(decision.waitsForPlaceOf).toBeUndefined();
  });

  test("that waits does not keep a lost JobManager from being recovered, which takes no place", () => {
    const waiting = decided({ facts: { wave: wave(2) } });
    const { haConfigMaps } = anInput(aResource(aSpec, undefined)).facts;
    const lost = decided({ status: waiting.status, facts: { ...noCluster, haConfigMaps, wave: wave(2) } });
    expect(lost.status.reconciliationStatus?.state).toBe("UPGRADING");
    expect(lost.status.pendingChange?.waitsFor).toBe("Wave");
    expect(lost.status.disruption).toBeUndefined();
  });

  test("an edit takes no place", () => {
    const decision = decided({ status: aStatus(aSpec, { observedGeneration: 1 }) });
    expect(kindsOf(decision)).toEqual(["dry-run"]);
    expect(decision.status.disruption).toBeUndefined();
  });

  test("an edit that adds nothing that needs a restart waits with it", () => {
    const waiting = decided({ facts: { wave: wave(2) } });
    const nonce = withJobSpec({ args: ["new"], savepointTriggerNonce: 5 });
    const still = decided({ spec: nonce, status: waiting.status, facts: { wave: wave(2) }, generation: 3 });
    expect(still.actions).toEqual([]);
    expect(still.status.pendingChange).toMatchObject({ generation: 3, waitsFor: "Wave" });
  });
});

describe("the place", () => {
  const place = { startedAt };
  const stored = (
    lifecycleState: NonNullable<FlinkResourceStatus["lifecycleState"]>,
    more: FlinkResourceStatus = {},
  ) => ({
    ...more,
    lifecycleState,
  });

  const placeFacts = { now, settings: { stableTimeMs: 30_000, progressDeadlineMs: 900_000 }, job: undefined };
  const later = (ms: number) => ({ ...placeFacts, now: now + ms });
  const at = (ms: number) => new Date(now + ms).toISOString();
  const running = aStatus(aSpec, { observedGeneration: 2 });

  test("is given up when the resource has been stable for some time, and looked at quickly until then", () => {
    const stable = decided({ spec: aSpec, status: { ...running, disruption: place } });
    expect(stable.status.lifecycleState).toBe("STABLE");
    expect(stable.status.disruption).toMatchObject({
      startedAt,
      stableSince: startedAt,
    });
    expect(stable.requeueAfterMs).toBe(30_000);
    expect(stable.poll?.pace).toBe("quick");
    const since = { startedAt, stableSince: at(-30_000) };
    const settled = decided({ spec: aSpec, status: { ...running, disruption: since } });
    expect(settled.status.disruption).toBeUndefined();
    expect(settled.requeueAfterMs).toBeGreaterThan(30_000);
  });

  test.each<[string, FlinkResourceStatus]>([
    ["restarts", aStatus(aSpec, { job: { state: "RESTARTING" } })],
    ["has lost its JobManager", { ...running, jobManagerDeploymentStatus: "MISSING" }],
  ])("is kept while a job that was stable %s, which has failed if that does not end", (_, status) => {
    const since = { ...place, stableSince: at(10_000) };
    expect(disruptionOf(status, since, undefined, later(60_000))).toEqual(place);
    expect(disruptionOf(status, place, undefined, later(899_999))).toEqual(place);
    expect(disruptionOf(status, place, undefined, later(900_000))).toEqual({
      ...place,
      failedAt: at(900_000),
    });
  });

  test("is kept while tasks restart between two looks at them, or are not at work", () => {
    const since = { ...place, stableSince: at(0) };
    const [job] = flinkFacts("RUNNING").jobs ?? [];
    if (job === undefined) throw new Error("no job");
    const restarted = { ...job, lastModification: now + 20_000 };
    const facts = { ...later(40_000), job: restarted };
    expect(disruptionOf(running, since, undefined, facts)).toEqual({ ...place, stableSince: at(20_000) });
    expect(disruptionOf(running, since, undefined, { ...facts, now: now + 50_000 })).toBeUndefined();
    const waiting = { ...job, tasks: { scheduled: 1, total: 1 } };
    expect(disruptionOf(running, since, undefined, { ...facts, job: waiting })).toEqual(place);
    const ending = { ...restarted, tasks: { running: 1, finished: 1, total: 2 } };
    expect(disruptionOf(running, since, undefined, { ...facts, job: ending })).toBeUndefined();
    // Its clock is ahead.
    const ahead = { ...facts, job: { ...job, lastModification: now + 99_000 } };
    expect(disruptionOf(running, since, undefined, ahead)?.stableSince).toBe(at(40_000));
  });

  test("is that of a failed resource until it has been stable for some time", () => {
    const failed = { ...place, failedAt: at(5_000) };
    const again = disruptionOf(running, failed, undefined, later(60_000));
    expect(again).toEqual({ ...failed, stableSince: at(60_000) });
    expect(disruptionOf(running, again, undefined, later(89_999))).toEqual(again);
    expect(disruptionOf(running, again, undefined, later(90_000))).toBeUndefined();
  });

  test.each<[string, AwaySessionJob | undefined, Disruption | undefined]>([
    ["is back", undefined, undefined],
    ["is not back", { hasFailed: false }, place],
    ["has failed", { hasFailed: true, failedAt: now + 1 }, { ...place, failedAt: at(60_000) }],
    ["cannot be started", { hasFailed: true }, { ...place, failedAt: at(60_000) }],
    ["failed before", { hasFailed: true, failedAt: now - 1 }, undefined],
  ])("of a session cluster is that of its jobs too: one %s", (_, away, expected) => {
    const { jobStatus: __, ...cluster } = running;
    const since = { ...place, stableSince: at(0) };
    const facts = { name: "one", deleting: false, jobId: undefined, needsCluster: true, stateful: true };
    const ofJob = (deleting: boolean) => ({
      ...later(60_000),
      sessionJobs: [{ ...facts, deleting, ...(away && { away }) }],
    });
    expect(disruptionOf(cluster, since, undefined, ofJob(false))).toEqual(expected);
    expect(disruptionOf(cluster, since, undefined, ofJob(true))).toBeUndefined();
  });

  test("is that of a record with times that are none, too", () => {
    const edited = { startedAt: "yesterday", stableSince: "today" };
    expect(disruptionOf(running, edited, undefined, placeFacts)).toEqual({ ...edited, stableSince: at(0) });
  });

  test("is given up in time by what becomes stable at its deadline", () => {
    const late = disruptionOf(running, place, undefined, later(890_000));
    expect(late).toEqual({ ...place, stableSince: at(890_000) });
    expect(disruptionOf(running, late, undefined, later(919_000))).toEqual(late);
    expect(disruptionOf(running, late, undefined, later(920_000))).toBeUndefined();
  });

  test("has a time limit too where an action fails again and again", () => {
    const status = aStatus(edited, { state: "UPGRADING", observedGeneration: 2 });
    const old = { startedAt: at(-900_000) };
    const failing = decided({ status: { ...status, disruption: old }, facts: noCluster });
    expect(failing.observed.status.disruption).toEqual({ ...old, failedAt: startedAt });
    expect(failing.observed.events.map(({ reason }) => reason)).toContain("WaveStopped");
  });

  test("is not kept for a stop that could not be begun", () => {
    const begun = { startedAt: at(-90_000), stableSince: at(-90_000) };
    const again = decided({ status: { ...running, disruption: begun } });
    expect(again.status.disruption).toEqual({ startedAt: startedAt });
    expect(again.observed.status.disruption).toBeUndefined();
  });

  test("is kept while the job is being stopped", () => {
    const savepointInfo = { triggerId: "t", triggerType: "UPGRADE" as const };
    const status = aStatus(aSpec, { observedGeneration: 2, job: { savepointInfo } });
    const stopping = decided({ status: { ...status, disruption: place } });
    expect(stopping.status.disruption).toEqual(place);
  });

  test.each<[string, FlinkResourceStatus]>([
    ["suspended", stored("SUSPENDED")],
    [
      "finished",
      stored("DEPLOYED", { reconciliationStatus: { state: "DEPLOYED" }, jobStatus: { state: "FINISHED" } }),
    ],
    [
      "cancelled",
      stored("DEPLOYED", { reconciliationStatus: { state: "DEPLOYED" }, jobStatus: { state: "CANCELED" } }),
    ],
  ])("is given up by what is %s", (_, status) => {
    expect(disruptionOf(status, place, undefined, placeFacts)).toBeUndefined();
  });

  test.each<[string, FlinkResourceStatus, boolean]>([
    ["is upgrading", stored("UPGRADING", { jobStatus: { state: "FINISHED" } }), false],
    ["is deployed", stored("DEPLOYED", { jobStatus: { state: "RUNNING" } }), false],
    ["has failed", stored("FAILED", { jobStatus: { state: "FAILED" } }), true],
    ["was rolled back", stored("ROLLED_BACK"), true],
    ["has an error", stored("DEPLOYED", { error: "{}" }), true],
  ])("is kept by what %s, as failed: %3$s", (_, status, failed) => {
    const expected = failed ? { startedAt, failedAt: startedAt } : place;
    expect(disruptionOf(status, place, undefined, placeFacts)).toEqual(expected);
    const since = { startedAt, failedAt: "2026-03-10T00:00:00.000Z" };
    expect(disruptionOf(status, since, undefined, placeFacts)).toEqual(since);
  });

  test("that fails and so stops the wave is told once, by the resource that fails", () => {
    const flink = flinkFacts("FAILED", checkpointFacts({ latestCompleted: aSnapshot(7) }));
    const status = { ...aStatus(edited, { observedGeneration: 2 }), disruption: place };
    const failing = decided({ status, facts: { flink, wave: wave(1) } });
    expect(failing.status.disruption).toEqual({ startedAt, failedAt: startedAt });
    expect(reasonsOf(failing)).toContain("WaveStopped");
    const later = decided({ status: failing.status, facts: { flink, wave: wave(1) } });
    expect(reasonsOf(later)).not.toContain("WaveStopped");
    const second = decided({ status, facts: { flink, wave: wave(1, 1) } });
    expect(reasonsOf(second)).not.toContain("WaveStopped");
  });
});

describe("the wave", () => {
  const percent = (maxUnavailable: number, failureThreshold = 50) => ({
    maxUnavailable: { percent: maxUnavailable },
    failureThreshold: { percent: failureThreshold },
  });
  test.each([
    ["25% of 10 are 2", percent(25), { resources: 10, disrupted: 1, failed: 0 }, undefined],
    ["25% of 10 are 2", percent(25), { resources: 10, disrupted: 2, failed: 0 }, 2],
    ["one at least", percent(10), { resources: 3, disrupted: 0, failed: 0 }, undefined],
    ["one at least", percent(10), { resources: 3, disrupted: 1, failed: 0 }, 1],
    ["0% are none", percent(0), { resources: 3, disrupted: 0, failed: 0 }, 0],
    ["half of 4 failed", percent(40), { resources: 10, disrupted: 2, failed: 2 }, 4],
    ["less than half of 4 failed", percent(40), { resources: 10, disrupted: 2, failed: 1 }, undefined],
    ["half of 5 are 3", percent(50), { resources: 10, disrupted: 2, failed: 2 }, undefined],
    ["one failure at least", percent(100, 0), { resources: 9, disrupted: 0, failed: 0 }, undefined],
    ["one failure stops", percent(100, 0), { resources: 9, disrupted: 1, failed: 1 }, 9],
  ])("%s", (_, limits, facts, places) => {
    expect(fullWave(limits, facts)?.places).toBe(places);
  });
});
