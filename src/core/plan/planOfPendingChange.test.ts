import { expect, it } from "vitest";
import { parseDisruptionWindows } from "../../config/values/disruptionWindows.ts";
import { decideFlinkDeployment } from "../flinkdeployment/decide.ts";
import { flinkDeploymentKind } from "../job/model/resourceKind.ts";
import type { Settings } from "../job/model/settings.ts";
import {
  aConfiguration,
  aDeployment,
  aResource,
  aSnapshot,
  aSpec,
  aStatus,
  checkpointFacts,
  flinkFacts,
  someFacts,
  withJobSpec,
} from "../job/situation.fixture.ts";
import { explain } from "./explanation.ts";
import type { Start } from "./foresee.ts";
import { planOf } from "./plan.ts";
import { withPlanOfPendingChange } from "./planOfPendingChange.ts";

const upgraded = {
  act: "Upgrade" as const,
  generation: 1,
  launchedAt: "2026-01-01T00:00:10Z",
  stoppedAt: "2026-01-01T00:00:08Z",
  runningAt: "2026-01-01T00:00:20Z",
};

const started = (settings: Partial<Settings>, more: Parameters<typeof aStatus>[1] = {}): Start => {
  const configure = aConfiguration(settings);
  return {
    kind: flinkDeploymentKind,
    resource: aResource(
      withJobSpec({ args: Array.from({ length: 20 }, () => "--password=hunter2") }, { image: "flink:9" }),
      aStatus(aSpec, { decisions: [upgraded], ...more }),
    ),
    facts: someFacts({ flink: flinkFacts("RUNNING", checkpointFacts({ latestCompleted: aSnapshot(7) })) }),
    now: Date.parse("2026-01-01T12:00:00Z"),
    decide: (resource, facts, now, disruptionAllowed) =>
      decideFlinkDeployment({ resource, facts, now, configure, disruptionAllowed }),
  };
};

const decidedOn = (start: Start) =>
  withPlanOfPendingChange(start, start.decide(start.resource, start.facts, start.now));

const manual = { approvalRequired: true };
const windows = { disruptionWindows: parseDisruptionWindows("schedule:0 2 * * *,duration:1 h") };

it("tells what an edit that waits for approval would do, without secrets and within bounds", () => {
  const { pendingChange } = decidedOn(started(manual)).status;
  expect(pendingChange).toMatchObject({
    waitsFor: "Approval",
    effect: "restart",
    changes: ["spec.job.args", "spec.image"],
    restoresFrom: "the savepoint that it is stopped with",
    downtimeMs: 12_000,
  });
  expect(pendingChange?.steps?.map((step) => step.replace(/ (file|job).*/, ""))).toEqual([
    "validate",
    "stop with savepoint",
    "stop cluster",
    "create cluster",
  ]);
  expect(JSON.stringify(pendingChange)).not.toContain("hunter2");
  expect(JSON.stringify(pendingChange).length).toBeLessThan(1_000);
});

it("tells the same of a change that waits for a window", () => {
  const { pendingChange } = decidedOn(started(windows, { observedGeneration: 2 })).status;
  expect(pendingChange).toMatchObject({ waitsFor: "DisruptionWindow", effect: "restart" });
  expect(pendingChange?.steps).toContain("create cluster job");
});

it("is made once for each change, and not of one that waits already", () => {
  const start = started(manual);
  let decisions = 0;
  const counted: Start = {
    ...start,
    decide: (...given) => {
      decisions++;
      return start.decide(...given);
    },
  };
  const first = decidedOn(counted);
  expect(decisions).toBeGreaterThan(1);
  decisions = 0;
  const waiting = { ...counted, resource: { ...start.resource, status: first.status } };
  expect(decidedOn(waiting).status.pendingChange).toEqual(first.status.pendingChange);
  expect(decisions).toBe(1);
  expect(decidedOn(started({})).status.pendingChange).toBeUndefined();
});

it("is not made before Flink has answered", () => {
  const start = started(manual);
  const { flink: _, ...facts } = start.facts;
  for (const flink of [undefined, flinkFacts("RUNNING", { checkpoints: undefined })]) {
    const early = { ...start, facts: { ...facts, flink } as Start["facts"] };
    const first = decidedOn(early);
    expect(first.status.pendingChange).toMatchObject({ waitsFor: "Approval" });
    expect(first.status.pendingChange?.effect).toBeUndefined();
    const later = { ...start, resource: { ...start.resource, status: first.status } };
    expect(decidedOn(later).status.pendingChange?.effect).toBe("restart");
  }
});

it("is not made before the JobManager is ready", () => {
  const start = started(manual, { jobManagerDeploymentStatus: "DEPLOYED_NOT_READY" });
  const jobManager = { ...aDeployment, availableReplicas: 0 };
  const early = { ...start, facts: { ...start.facts, flink: undefined, jobManager, jobManagerPods: [] } };
  const first = decidedOn(early);
  expect(first.status.pendingChange).toMatchObject({ waitsFor: "Approval" });
  expect(first.status.pendingChange?.effect).toBeUndefined();
});

it("is made anew when it had no step, because something else was in the way", () => {
  const start = started(manual);
  const first = decidedOn(start).status;
  const waiting = { ...first, pendingChange: { ...first.pendingChange, effect: "waits", steps: [] } };
  const later = { ...start, resource: { ...start.resource, status: waiting } };
  expect(decidedOn(later).status.pendingChange).toEqual(first.pendingChange);
});

it("a plan of such an edit has the steps that follow, and says for what they wait", () => {
  const plan = planOf(started(manual));
  expect(plan).toMatchObject({ effect: "restart", disruptive: true, lastDowntimeMs: 12_000 });
  expect(plan.waitsFor).toMatch(/^approval of generation 2 \(kubectl flink approve job/);
});

it("an explanation says for what it waits, and still from what a restart would go on", () => {
  const explained = explain(started(manual));
  expect(explained.next).toEqual([]);
  expect(explained.waitsFor).toMatch(/^approval of generation 2/);
  expect(explained.restart).toMatch(/^Restarted, it would be restored from/);
});
