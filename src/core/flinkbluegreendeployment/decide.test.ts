import { describe, expect, it, test } from "vitest";
import type { FlinkBlueGreenDeploymentStatus } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { BLUE_GREEN_FINALIZER, BLUE_GREEN_LABEL } from "../../api/v1beta1/names.ts";
import { formatLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import { buildChild } from "./child.ts";
import {
  aChild,
  activeBlue,
  aResource,
  at,
  decide,
  idle,
  kinds,
  now,
  one,
  reconciled,
  someFacts,
  template,
  toGreen,
  two,
} from "./decide.fixture.ts";
import { decideFailure } from "./decide.ts";
import type { Action } from "./decision.ts";
import type { ChildFacts } from "./facts.ts";

describe("a savepoint", () => {
  const edited = aResource(two, { ...activeBlue, ...reconciled(one) });

  test("has its id in the status before it is triggered, and a deadline", () => {
    const { actions, status, afterStatus } = decide(edited, { BLUE: aChild("BLUE", one) });
    expect(actions).toEqual([]);
    expect(status).toMatchObject({ blueGreenState: "SAVEPOINTING_BLUE", abortTimestamp: at(600_000) });
    expect(afterStatus).toMatchObject([
      {
        kind: "trigger-savepoint",
        triggerId: status.savepointTriggerId,
        jobId: "a",
        targetDirectory: "s3://sp",
      },
    ]);
  });

  const taking = {
    ...activeBlue,
    ...reconciled(one),
    blueGreenState: "SAVEPOINTING_BLUE",
    savepointTriggerId: "t",
  } as const;
  const operation = { kind: "savepoint", jobId: "a", triggerId: "t" } as const;
  const answered = (state: object) => ({
    operation: { operation, answer: { at: now, since: now, status: state as never } },
  });

  test.each([
    ["is sent again with its id if Flink does not know it", answered({ state: "unknown" }), 1],
    ["is sent again if this process has not sent it", { unsent: "t" }, 1],
    ["is waited for", answered({ state: "in-progress" }), 0],
    ["is asked for first if nobody knows whether it was sent", {}, 0],
  ])("%s", (_, facts, triggers) => {
    const status = { ...taking, abortTimestamp: at(60_000) };
    const { afterStatus, follow } = decide(aResource(two, status), { BLUE: aChild("BLUE", one) }, facts);
    expect(afterStatus).toHaveLength(triggers);
    expect(follow === undefined).toBe("unsent" in facts);
  });

  test("that hangs is given up, and the edit is kept", () => {
    const status = { ...taking, abortTimestamp: at(-1) };
    const outcome = decide(
      aResource(two, status),
      { BLUE: aChild("BLUE", one) },
      answered({ state: "in-progress" }),
    );
    expect(outcome.status).toMatchObject({
      blueGreenState: "ACTIVE_BLUE",
      jobStatus: { state: "FAILING" },
      retry: { failures: 1, nextTime: at(10_000) },
      ...reconciled(one),
    });
    expect(outcome.requeueAfterMs).toBe(10_000);
  });

  test("that failed is taken again after the pause, and at once after another edit", () => {
    const failed = { ...activeBlue, ...reconciled(one), retry: { failures: 1, nextTime: at(5_000) } };
    const again = (more: object) =>
      decide(aResource(two, { ...failed, ...more }), { BLUE: aChild("BLUE", one) }).status.blueGreenState;
    expect(again({ observedGeneration: 3 })).toBe("ACTIVE_BLUE");
    expect(again({ observedGeneration: 2 })).toBe("SAVEPOINTING_BLUE");
    expect(again({ observedGeneration: 3, retry: { failures: 1, nextTime: at(0) } })).toBe(
      "SAVEPOINTING_BLUE",
    );
  });

  test("leads to the other side with its path, without asking Flink again", () => {
    const done = decide(
      aResource(two, { ...taking, abortTimestamp: at(60_000) }),
      { BLUE: aChild("BLUE", one) },
      answered({ state: "completed", location: "file:/sp/1" }),
    );
    expect(done.status).toMatchObject({ blueGreenState: "ACTIVE_BLUE", savepointPath: "/sp/1" });
    const started = decide(aResource(two, done.status), { BLUE: aChild("BLUE", one, { status: {} }) });
    expect(started.actions).toMatchObject([
      {
        kind: "create-child",
        child: { metadata: { name: "app-green" }, spec: { job: { initialSavepointPath: "/sp/1" } } },
      },
    ]);
    expect(started.status).toMatchObject({ blueGreenState: "TRANSITIONING_TO_GREEN", ...reconciled(two) });
  });

  test("that is completed without a place has failed", () => {
    const status = { ...taking, abortTimestamp: at(60_000) };
    const done = answered({ state: "completed" });
    expect(decide(aResource(two, status), { BLUE: aChild("BLUE", one) }, done).status).toMatchObject({
      blueGreenState: "ACTIVE_BLUE",
      retry: { failures: 1 },
    });
  });

  test("whose time is over before the transition begins is taken again", () => {
    const taken = { ...activeBlue, ...reconciled(one), savepointTriggerId: "t", savepointPath: "s3://1" };
    const startedWith = (abortAt: number, more: object = {}) =>
      decide(aResource(two, { ...taken, abortTimestamp: at(abortAt) }), {
        BLUE: aChild("BLUE", one),
        ...more,
      });
    expect(kinds(startedWith(1).actions)).toEqual(["create-child"]);
    const { actions, status } = startedWith(-1);
    expect(actions).toEqual([]);
    expect(decide(aResource(two, status), { BLUE: aChild("BLUE", one) }).status).toMatchObject({
      blueGreenState: "SAVEPOINTING_BLUE",
      abortTimestamp: at(600_000),
    });
    const GREEN = aChild("GREEN", template({ initialSavepointPath: "s3://1" }, { image: "flink:2" }));
    expect(startedWith(-1, { GREEN }).status.blueGreenState).toBe("TRANSITIONING_TO_GREEN");
  });

  test("whose trigger is refused leads back, and says why", () => {
    const action = { kind: "trigger-savepoint" } as Action;
    const input = { resource: aResource(two, taking), facts: someFacts({ BLUE: aChild("BLUE", one) }), now };
    expect(decideFailure(input, { action, status: 400, message: "no" })?.status).toMatchObject({
      blueGreenState: "ACTIVE_BLUE",
      error: "Could not trigger Savepoint. Details: no",
    });
    expect(decideFailure(input, { action, status: 0, message: "no" })).toBeUndefined();
  });
});

describe("the start of the other side", () => {
  const begun = { ...activeBlue, ...reconciled(one), savepointTriggerId: "t", savepointPath: "s3://1" };
  const blue = aChild("BLUE", one);
  const from = (path: string) => ({ ...two, job: { ...two.job, initialSavepointPath: path } });

  test.each([
    ["is created", undefined, ["create-child"], "TRANSITIONING_TO_GREEN"],
    [
      "is found as a crash has left it",
      aChild("GREEN", from("s3://1"), { status: {} }),
      [],
      "TRANSITIONING_TO_GREEN",
    ],
    [
      "is changed if there was an edit since the crash",
      aChild("GREEN", { ...from("s3://1"), image: "flink:3" }),
      ["patch-child"],
      "TRANSITIONING_TO_GREEN",
    ],
    [
      "is deleted if it is of an earlier savepoint",
      aChild("GREEN", from("s3://0")),
      ["delete-child"],
      "ACTIVE_BLUE",
    ],
    [
      "is waited for while it is deleted",
      aChild("GREEN", from("s3://0"), { deleting: true }),
      [],
      "ACTIVE_BLUE",
    ],
  ])("it %s", (_, green, actions, state) => {
    const decision = decide(aResource(two, begun), { BLUE: blue, ...(green && { GREEN: green }) });
    expect(kinds(decision.actions)).toEqual(actions);
    expect(decision.status.blueGreenState).toBe(state);
  });

  it("waits for an object of its name that belongs to another", () => {
    const strangers = { strangers: { GREEN: "nobody" } };
    const { actions, status, requeueAfterMs } = decide(aResource(two, begun), { BLUE: blue }, strangers);
    expect(actions).toEqual([]);
    expect(requeueAfterMs).toBe(15_000);
    const edited = aResource(two, { ...activeBlue, ...reconciled(one) });
    expect(decide(edited, { BLUE: blue }, strangers)).toMatchObject({
      status: { blueGreenState: "ACTIVE_BLUE" },
      requeueAfterMs: 15_000,
    });
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: "Reconciling", status: "True", reason: "Waiting" }),
    );
  });
});

describe("a transition", () => {
  const blue = aChild("BLUE", one);
  const green = aChild("GREEN", two);

  test("ends with the old side deleted by its uid", () => {
    const ready = { ...toGreen, deploymentReadyTimestamp: at(-1) };
    const decision = decide(aResource(two, ready), { BLUE: blue, GREEN: green });
    expect(decision.actions).toEqual([{ kind: "delete-child", name: "app-blue", uid: "blue" }]);
    expect(decision.status).toMatchObject({
      blueGreenState: "ACTIVE_GREEN",
      jobStatus: { state: "RUNNING" },
    });
  });

  test("is given up in its time: the new side is suspended without a savepoint", () => {
    const late = aResource(two, { ...toGreen, abortTimestamp: at(-1) });
    const { actions, status } = decide(late, { BLUE: blue, GREEN: aChild("GREEN", two, { status: {} }) });
    expect(actions).toMatchObject([
      { kind: "patch-child", uid: "green", spec: { job: { state: "suspended", upgradeMode: "stateless" } } },
    ]);
    expect(status).toMatchObject({
      blueGreenState: "ACTIVE_BLUE",
      ...idle,
      decisions: [{ act: "Rollback" }],
    });
  });

  test("that a crash has interrupted while it was given up does not become a suspension", () => {
    const suspended = { ...two, job: { ...two.job, state: "suspended" as const } };
    const left = aChild("GREEN", suspended, { status: { lifecycleState: "SUSPENDED" } });
    const { actions, status } = decide(aResource(two, toGreen), { BLUE: blue, GREEN: left });
    expect(actions).toEqual([]);
    expect(status.blueGreenState).toBe("ACTIVE_BLUE");
  });

  test("of which the new side was deleted begins again", () => {
    const { status } = decide(aResource(two, toGreen), { BLUE: blue });
    expect(status).toMatchObject({
      blueGreenState: "ACTIVE_BLUE",
      ...reconciled(template({ state: undefined })),
    });
    expect(decide(aResource(two, status), { BLUE: blue }).status.blueGreenState).toBe("SAVEPOINTING_BLUE");
  });

  test("that is edited before the new side with state is ready starts it anew, from the same savepoint", () => {
    const three = template({}, { image: "flink:3" });
    const started = aChild("GREEN", template({ initialSavepointPath: "s3://1" }, { image: "flink:2" }), {
      status: {},
    });
    const { actions, status, afterStatus } = decide(aResource(three, toGreen), {
      BLUE: blue,
      GREEN: started,
    });
    expect(actions).toEqual([]);
    expect(status).toMatchObject({ savepointPath: "s3://1", ...reconciled(three) });
    expect(afterStatus).toEqual([{ kind: "delete-child", name: "app-green", uid: "green" }]);
    const again = (green?: ChildFacts) =>
      decide(aResource(three, status), { BLUE: blue, ...(green && { GREEN: green }) });
    expect(again(started).actions).toEqual(afterStatus);
    expect(again({ ...started, deleting: true }).actions).toEqual([]);
    expect(again().actions).toMatchObject([
      {
        kind: "create-child",
        child: { spec: { image: "flink:3", job: { initialSavepointPath: "s3://1" } } },
      },
    ]);
    const { resource } = aChild(
      "GREEN",
      // As admission has changed it.
      template({ initialSavepointPath: "s3://1" }, { image: "mirror/flink:3" }),
    );
    const anew = {
      ...started,
      resource: { ...resource, metadata: { ...resource.metadata, uid: "anew" }, status: {} },
    };
    expect(again(anew)).toMatchObject({ actions: [], status: { blueGreenState: "TRANSITIONING_TO_GREEN" } });
    expect(again(anew).status.savepointPath).toBeUndefined();
    expect(again(anew).status.replacedUid).toBeUndefined();
    const refused = decide(aResource(three, { ...status, abortTimestamp: at(-1) }), { BLUE: blue });
    expect(refused).toMatchObject({ actions: [], status: { blueGreenState: "ACTIVE_BLUE" } });
    const late = aResource(three, { ...again(anew).status, abortTimestamp: at(-1) });
    expect(kinds(decide(late, { BLUE: blue, GREEN: anew }).actions)).toEqual(["patch-child"]);
    const suspended = aResource(template({ state: "suspended" }, { image: "flink:3" }), status);
    expect(decide(suspended, { BLUE: blue, GREEN: anew }).actions).toEqual([]);
    expect(decide(suspended, { BLUE: blue }).actions).toMatchObject([
      { kind: "create-child", child: { spec: { job: { state: "running" } } } },
    ]);
  });

  test("that is edited when the new side is ready, or has no state, changes it where it is", () => {
    const three = template({}, { image: "flink:3" });
    expect(kinds(decide(aResource(three, toGreen), { BLUE: blue, GREEN: green }).actions)).toEqual([
      "patch-child",
    ]);
    const stateless = aChild("GREEN", template({ upgradeMode: "stateless" }), { status: {} });
    expect(kinds(decide(aResource(three, toGreen), { BLUE: blue, GREEN: stateless }).actions)).toEqual([
      "patch-child",
    ]);
  });

  test("does not count a status that is older than the spec", () => {
    const { resource } = green;
    const patched = {
      ...green,
      resource: { ...resource, metadata: { ...resource.metadata, generation: 2 } },
    };
    expect(decide(aResource(two, toGreen), { BLUE: blue, GREEN: patched }).status).toMatchObject({
      deploymentReadyTimestamp: idle.deploymentReadyTimestamp,
    });
    expect(decide(aResource(two, toGreen), { BLUE: blue, GREEN: green }).status).toMatchObject({
      deploymentReadyTimestamp: at(0),
    });
  });

  test("in place is not given up", () => {
    const status = { ...toGreen, blueGreenState: "TRANSITIONING_TO_BLUE", abortTimestamp: at(-1) } as const;
    const wasStable = { reconciliationStatus: { lastStableSpec: "{}" } };
    const decision = decide(aResource(two, status), { BLUE: aChild("BLUE", two, { status: wasStable }) });
    expect(decision.actions).toEqual([]);
    expect(decision.status).toMatchObject({
      blueGreenState: "TRANSITIONING_TO_BLUE",
      jobStatus: { state: "FAILING" },
    });
  });
});

describe("the active side", () => {
  const settled = aResource(one, { ...activeBlue, ...reconciled(one) });

  test("at rest leads to no action, and after one write to no other", () => {
    const { actions, status, afterStatus, requeueAfterMs } = decide(settled, { BLUE: aChild("BLUE", one) });
    expect([...actions, ...afterStatus]).toEqual([]);
    expect(requeueAfterMs).toBeUndefined();
    expect(decide(aResource(one, status), { BLUE: aChild("BLUE", one) }).status).toEqual(status);
  });

  test("deleted by hand comes back from the savepoint of its deletion", () => {
    const stopped = formatLastReconciledSpec(template({ state: "suspended" }), { firstDeployment: false });
    const deleted = aChild("BLUE", one, {
      deleting: true,
      status: {
        jobStatus: { upgradeSavepointPath: "s3://last" },
        reconciliationStatus: { lastReconciledSpec: stopped },
      },
    });
    const { status } = decide(settled, { BLUE: deleted });
    expect(status.savepointPath).toBe("s3://last");
    expect(decide(aResource(one, status), {}).actions).toMatchObject([
      { kind: "create-child", child: { spec: { job: { initialSavepointPath: "s3://last" } } } },
    ]);
  });

  test("that a crash has left created again goes on from there, and its path is no other transition's", () => {
    const left = { ...activeBlue, ...reconciled(one), savepointPath: "s3://last" };
    const blue = aChild("BLUE", template({ initialSavepointPath: "s3://last" }), { status: {} });
    const { actions, status } = decide(aResource(one, left), { BLUE: blue });
    expect(actions).toEqual([]);
    expect(status.blueGreenState).toBe("TRANSITIONING_TO_BLUE");
    expect(status.savepointPath).toBeUndefined();
  });

  test("of which no savepoint is known comes back only where the user names it", () => {
    const { actions, status } = decide(settled, {});
    expect(actions).toEqual([]);
    expect(status.error).toMatch(/no savepoint of its job is known/);
    const named = template({ initialSavepointPath: "s3://mine", savepointRedeployNonce: 1 });
    expect(decide(aResource(named, status), {}).actions).toMatchObject([
      { kind: "create-child", child: { spec: { job: { initialSavepointPath: "s3://mine" } } } },
    ]);
    const stateless = template({ upgradeMode: "stateless" });
    const lost = aResource(stateless, { ...activeBlue, ...reconciled(stateless) });
    expect(kinds(decide(lost, {}).actions)).toEqual(["create-child"]);
  });

  test("goes on where the edit of a transition that was given up is taken back", () => {
    const status = {
      ...activeBlue,
      ...reconciled(two),
      jobStatus: { state: "FAILING" as const },
      error: "Aborting deployment 'app-green', rolling B/G deployment back to ACTIVE_BLUE",
    };
    const suspended = aChild("GREEN", template({ state: "suspended" }, { image: "flink:2" }), { status: {} });
    const children = { BLUE: aChild("BLUE", one), GREEN: suspended };
    const back = decide(aResource(one, status), children);
    expect(back.actions).toEqual([]);
    expect(back.status).toMatchObject({
      blueGreenState: "ACTIVE_BLUE",
      jobStatus: { state: "RUNNING" },
      ...reconciled(one),
    });
    expect(back.status.error).toBeUndefined();
    expect(decide(aResource(one, back.status), children)).toMatchObject({ actions: [], status: back.status });
    const started = template({ initialSavepointPath: "s3://first" });
    const fromPath = decide(aResource(started, status), children);
    expect(fromPath).toMatchObject({ actions: [], status: { blueGreenState: "ACTIVE_BLUE" } });
    const other = decide(aResource(template({}, { image: "flink:3" }), status), { BLUE: children.BLUE });
    expect(other.status.blueGreenState).toBe("SAVEPOINTING_BLUE");
  });

  test("does not get what was given up with an edit that restarts nothing", () => {
    const later = template({ allowNonRestoredState: true }, { image: "flink:2" });
    const aborted = aResource(later, { ...activeBlue, ...reconciled(two) });
    expect(decide(aborted, { BLUE: aChild("BLUE", one) }).status.blueGreenState).toBe("SAVEPOINTING_BLUE");
    const fine = aResource(template({ allowNonRestoredState: true }), { ...activeBlue, ...reconciled(one) });
    expect(kinds(decide(fine, { BLUE: aChild("BLUE", one) }).actions)).toEqual(["patch-child"]);
  });

  test("is suspended or resumed as the spec says, also where a crash came between", () => {
    const suspended = aChild("BLUE", template({ state: "suspended" }), {
      status: { lifecycleState: "SUSPENDED" },
    });
    expect(kinds(decide(settled, { BLUE: suspended }).actions)).toEqual(["patch-child"]);
  });

  test("is the only one: what an edit that was taken back has left is deleted", () => {
    const { actions } = decide(settled, { BLUE: aChild("BLUE", one), GREEN: aChild("GREEN", two) });
    expect(actions).toEqual([{ kind: "delete-child", name: "app-green", uid: "green" }]);
  });

  test("gets its label back", () => {
    const { resource, ...facts } = aChild("BLUE", one);
    const BLUE = { ...facts, resource: { ...resource, metadata: { ...resource.metadata, labels: {} } } };
    expect(decide(settled, { BLUE }).actions).toMatchObject([
      { kind: "label-child", labels: { [BLUE_GREEN_LABEL]: "BLUE" } },
    ]);
  });

  test("is not touched by a spec that is refused", () => {
    const invalid = { field: "spec.template.spec.image", message: "must be set" };
    const refused = aResource(two, { ...activeBlue, ...reconciled(one) });
    const { actions, status, events } = decide(refused, { BLUE: aChild("BLUE", one) }, { invalid });
    expect(actions).toEqual([]);
    expect(status).toMatchObject({ error: "spec.template.spec.image: must be set", ...reconciled(one) });
    expect(events).toMatchObject([{ type: "Warning", reason: "ValidationError" }]);
    const corrected = decide(aResource(one, status), { BLUE: aChild("BLUE", one) });
    expect(corrected.status.error).toBeUndefined();
    expect(corrected.events).toEqual([]);
  });

  test("of which nothing is known that runs is left alone", () => {
    const { actions, status } = decide(aResource(one, { ...activeBlue, lastReconciledSpec: "{" }), {
      BLUE: aChild("BLUE", one),
    });
    expect(actions).toEqual([]);
    expect(status.error).toMatch(/cannot be read/);
  });

  test("that is standalone and reactive is scaled in place", () => {
    const standalone = (replicas: number) => template({}, { mode: "standalone", taskManager: { replicas } });
    const scaled = aResource(standalone(2), { ...activeBlue, ...reconciled(standalone(1)) });
    const state = (reactive: boolean) =>
      decide(scaled, { BLUE: aChild("BLUE", standalone(1), { reactive }) }).status.blueGreenState;
    expect(state(true)).toBe("TRANSITIONING_TO_BLUE");
    expect(state(false)).toBe("SAVEPOINTING_BLUE");
  });
});

test("what the API server refuses is reported once", () => {
  const child = buildChild(aResource(one), "BLUE", undefined);
  const action = { kind: "create-child", child } as const;
  const failed = (status: FlinkBlueGreenDeploymentStatus) =>
    decideFailure(
      { resource: aResource(one, status), facts: someFacts({}), now },
      { action, status: 422, message: "no" },
    );
  const first = failed({ blueGreenState: "INITIALIZING_BLUE" });
  expect(first?.status).toMatchObject({
    blueGreenState: "INITIALIZING_BLUE",
    error: "The FlinkDeployment app-blue was refused: no",
  });
  expect(first?.events).toHaveLength(1);
  expect(failed(first?.status ?? {})).toMatchObject({ status: first?.status, events: [] });
});

describe("the deletion", () => {
  const deleted = { deletionTimestamp: at(0), finalizers: [BLUE_GREEN_FINALIZER] };
  const [blue, green] = [aChild("BLUE", one), aChild("GREEN", two)];
  const namesOf = (actions: readonly Action[]) =>
    actions.map((action) => ("name" in action ? action.name : action.kind));

  test.each([
    ["first the side that is not active", { BLUE: blue, GREEN: green }, ["app-green"]],
    ["then the active one", { BLUE: blue }, ["app-blue"]],
    ["waits for its end", { BLUE: { ...blue, deleting: true } }, []],
    ["and then the finalizer", {}, ["remove-finalizer"]],
  ])("%s", (_, children, actions) => {
    for (const status of [{ ...activeBlue, ...reconciled(one) }, toGreen])
      expect(namesOf(decide(aResource(two, status, deleted), children).actions)).toEqual(actions);
  });

  test("is the garbage collector's without the finalizer, which is there only where it is needed", () => {
    const gone = { deletionTimestamp: at(0), finalizers: [] };
    expect(decide(aResource(one, activeBlue, gone), { BLUE: blue }).actions).toEqual([]);
    const settled = { ...activeBlue, ...reconciled(one) };
    const kept = decide(aResource(one, settled), { BLUE: blue }, { keepsStateOnDeletion: true });
    expect(kinds(kept.actions)).toEqual(["add-finalizer"]);
    const dropped = decide(aResource(one, settled, { finalizers: [BLUE_GREEN_FINALIZER] }), { BLUE: blue });
    expect(kinds(dropped.actions)).toEqual(["remove-finalizer"]);
  });
});
