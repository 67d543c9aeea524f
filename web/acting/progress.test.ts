import { expect, test } from "vitest";
import type { ResourcePage } from "../../src/dashboard/contract.ts";
import { pageOf } from "../resource/page.fixture.ts";
import { type Operation, type Progress, progressOf } from "./progress.ts";

const before = pageOf({ resourceVersion: "9" });
const operation = (action: Operation["action"], more: Partial<Operation> = {}): Operation => ({
  ...{ id: before.row.id, action, name: "a", message: "asked", resourceVersion: "10", before, startedAt: 0 },
  ...more,
});
const asked: Progress = { state: "asked" };
const page = (health: ResourcePage["row"]["health"], more: Partial<ResourcePage> = {}) =>
  pageOf({ resourceVersion: "11", ...more, row: { ...before.row, health, ...more.row } });

/** The states after these pages, a second apart. */
const states = (each: Operation, ...pages: ResourcePage[]) => {
  let progress = asked;
  return pages.map((next, at) => {
    progress = progressOf(each, progress, next, at * 1000);
    return progress.state;
  });
};

test("a suspension is done when the job is suspended", () => {
  const pages = [page("Ready"), page("InProgress"), page("Suspended")];
  expect(states(operation("suspend"), ...pages)).toEqual(["asked", "working", "done"]);
});

test("a page from before the action says nothing of it", () => {
  expect(states(operation("suspend"), page("Suspended", { resourceVersion: "9" }))).toEqual(["asked"]);
});

test("versions are compared as numbers", () => {
  expect(
    states(operation("suspend", { resourceVersion: "9" }), page("Suspended", { resourceVersion: "100" })),
  ).toEqual(["done"]);
});

test("a restart is done once it was at work and is healthy again", () => {
  expect(states(operation("restart"), page("Ready"), page("InProgress"), page("Ready"))).toEqual([
    "asked",
    "working",
    "done",
  ]);
});

test("what restarts nothing is done when nothing has begun for a while", () => {
  expect(progressOf(operation("edit"), asked, page("Ready"), 15_001)).toEqual({ state: "done" });
});

test("a failure is told, and stays", () => {
  const failed = page("Stalled", { row: { ...before.row, health: "Stalled", message: "No room" } });
  expect(progressOf(operation("restart"), asked, failed, 0)).toEqual({ state: "failed", text: "No room" });
  expect(states(operation("restart"), failed, page("Ready"))).toEqual(["failed", "failed"]);
});

const snapshot = (name: string, location: string, isFailed = false) => ({
  ...{ kind: "savepoint" as const, name, location, isFailed, wouldRestore: false, why: "no space" },
});

test("a savepoint is done when it has a location, another one does not count", () => {
  const asking = operation("savepoint", { snapshot: "mine" });
  const pages = [
    [snapshot("nightly", "s3://n")],
    [snapshot("mine", ""), snapshot("nightly", "s3://n")],
    [snapshot("mine", "s3://m")],
  ].map((snapshots) => page("Stalled", { snapshots }));
  expect(states(asking, ...pages)).toEqual(["asked", "asked", "done"]);
});

test("a savepoint that fails says why", () => {
  const failed = page("Ready", { snapshots: [snapshot("mine", "", true)] });
  expect(progressOf(operation("savepoint", { snapshot: "mine" }), asked, failed, 0)).toEqual({
    state: "failed",
    text: "no space",
  });
});

test("what an operator says that has not seen the edit is no failure and no end of it", () => {
  const unseen = { isObserved: false };
  const pages = [page("Stalled", unseen), page("InProgress"), page("Ready")];
  expect(states(operation("rollback"), ...pages)).toEqual(["asked", "working", "done"]);
  expect(progressOf(operation("edit"), asked, page("Ready", unseen), 15_001)).toEqual(asked);
});

test("a resumption is not done while the job is suspended", () => {
  expect(progressOf(operation("resume"), asked, page("Suspended"), 15_001)).toEqual(asked);
});

test("a rescale is done at its parallelism, also in place", () => {
  const at = (parallelism: number) => page("Ready", { row: { ...before.row, health: "Ready", parallelism } });
  expect(states(operation("rescale", { parallelism: 8 }), at(4), at(8))).toEqual(["asked", "done"]);
});

test("a promotion is done when the other side serves", () => {
  const sides = (active: "blue" | "green") => ({
    sides: [
      { side: "blue" as const, active: active === "blue" },
      { side: "green" as const, active: active === "green" },
    ],
  });
  const each = operation("promote", { before: pageOf({ ...sides("blue"), resourceVersion: "9" }) });
  expect(states(each, page("Ready", sides("blue")), page("Ready", sides("green")))).toEqual([
    "asked",
    "done",
  ]);
});
