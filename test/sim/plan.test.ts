import { expect, test } from "vitest";
import { faultsOf, parsePlan, printPlan, type SimPlan } from "./plan.ts";
import { workloads } from "./workloads/all.ts";
import { core } from "./workloads/core.ts";

test.each<SimPlan>([
  { workload: "first-deploy", seed: 1 },
  { workload: "first-deploy", seed: 4 },
  { workload: "upgrade-savepoint", fault: { kind: "crash-after", at: 12 }, seed: 7 },
  { workload: "upgrade-savepoint", fault: { kind: "rest-lost-reply", at: 3 }, seed: 1 },
  { workload: "upgrade-savepoint", fault: { kind: "rest-503", at: 3 }, seed: 1 },
  { workload: "upgrade-savepoint", fault: { kind: "api-429", at: 9 }, seed: 1 },
  { workload: "upgrade-savepoint", fault: { kind: "api-conflict", at: 9 }, seed: 1 },
  { workload: "upgrade-savepoint", fault: { kind: "deletion", at: 9 }, seed: 1 },
  { workload: "upgrade-savepoint", fault: { kind: "deletion-of-job", at: 9 }, seed: 1 },
  { workload: "upgrade-savepoint", fault: { kind: "late", at: 9 }, seed: 1 },
  { workload: "upgrade-savepoint", fault: { kind: "outage", at: 9 }, seed: 1 },
  {
    workload: "upgrade-savepoint",
    fault: { kind: "crash-after", at: 12 },
    second: { kind: "crash-before", at: 2 },
    seed: 3,
  },
  {
    workload: "upgrade-savepoint",
    fault: { kind: "rest-jobmanager-restart", at: 12 },
    second: { kind: "crash-after", at: 1 },
    seed: 1,
  },
  { workload: "suspend", fault: { kind: "stale", objectKind: "Pod", revision: 131, at: 14 }, seed: 1 },
  { workload: "suspend", fault: { kind: "unobserved", objectKind: "ConfigMap", revision: 131 }, seed: 2 },
  { workload: "delete-running", fault: { kind: "lag", ms: 500 }, seed: 2 },
  { workload: "delete-running", fault: { kind: "lag", ms: 500, objectKind: "Deployment" }, seed: 1 },
])("a plan survives printing and parsing: %j", (plan) => {
  expect(parsePlan(printPlan(plan))).toEqual(plan);
});

test.each([
  "first-deploy crash-after 1 +",
  "first-deploy crash-after 1 + outage 2",
  "first-deploy crash-after 1 + crash-after 2 + crash-after 3",
  "",
  "first-deploy crash everything",
  "first-deploy crash-after",
  "first-deploy stale Pod 3",
])('an invalid plan is refused with an example: "%s"', (text) => {
  expect(() => parsePlan(text)).toThrow(/write it like "upgrade-savepoint crash-after 12 seed 1"/);
});

test("the fault of a plan hits one call only", () => {
  const faults = faultsOf(parsePlan("upgrade-savepoint rest-503 2 seed 1"));
  const call = (rest: number) => ({
    write: undefined,
    rest,
    api: undefined,
    actor: "operator#1",
    operation: "jobs",
  });
  expect([1, 2, 3].map((rest) => faults(call(rest)))).toEqual([undefined, 503, undefined]);
});

test("a second fault counts writes from the first one on", () => {
  const faults = faultsOf(parsePlan("upgrade-savepoint api-503 2 + crash-after 2"));
  const call = (api: number, write?: number) => ({
    write,
    rest: undefined,
    api,
    actor: "operator#1",
    operation: "",
  });
  expect([call(1, 1), call(2, 2), call(3), call(4, 3), call(5, 4), call(6, 5)].map(faults)).toEqual([
    undefined,
    503,
    undefined,
    undefined,
    "crash-after",
    undefined,
  ]);
});

test("every core workload exists", () => {
  const names = workloads.map(({ name }) => name);
  expect([...core].filter((name) => !names.includes(name))).toEqual([]);
});
