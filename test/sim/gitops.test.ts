import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { beforeAll, describe, expect, it } from "vitest";
import { type LuaEngine, LuaFactory } from "wasmoon";
import type { KubeObject } from "../../src/api/kubernetes.ts";
import type { FlinkDeploymentStatus } from "../../src/api/v1beta1/flinkdeployment.ts";
import { describeWith } from "../support/otherProjects.ts";
import { run } from "./harness.ts";
import { compileCel } from "./world/kubernetes/cel.ts";

/** The health checks for Argo CD and Flux, on statuses of the simulation's jobs and of the Java operator. */

type Health = "Healthy" | "Suspended" | "Degraded" | "Progressing";

interface Expressions {
  readonly kind: string;
  readonly inProgress: string;
  readonly failed: string;
  readonly current: string;
}

const root = join(import.meta.dirname, "../..");
const read = <T>(path: string): T => load(readFileSync(join(root, path), "utf8")) as T;
const argo = read<{ data: Record<string, string> }>("gitops/argo-cd/argocd-cm.yaml").data;
const flux = read<{ spec: { healthCheckExprs: Expressions[] } }>("gitops/flux/kustomization.yaml").spec
  .healthCheckExprs;

let lua: LuaEngine;
beforeAll(async () => {
  lua = await new LuaFactory().createEngine({ enableProxy: false });
});

/** An object as Argo CD reads it: without fields that are null. */
const withoutNulls = <T>(object: T): T =>
  JSON.parse(JSON.stringify(object), (_, value) => (value === null ? undefined : value)) as T;

function argoCdHealth(object: KubeObject): Health {
  lua.global.set("obj", withoutNulls(object));
  const script = argo[`resource.customizations.health.flink.apache.org_${object.kind}`] ?? "";
  const answer = lua.doStringSync(script) as { status: Health; message: string };
  expect(typeof answer.message).toBe("string");
  return answer.status;
}

/** Flux evaluates the expressions in this order; if none holds, the object is in progress. */
function fluxHealth(object: KubeObject): Health {
  const { kind, metadata, spec = {}, status = {} } = withoutNulls(object);
  const expressions = flux.find((each) => each.kind === kind);
  const holds = (expression = "false") => compileCel(expression)({ metadata, spec, status }) === true;
  if (holds(expressions?.inProgress)) return "Progressing";
  if (holds(expressions?.failed)) return "Degraded";
  return holds(expressions?.current) ? "Healthy" : "Progressing";
}

/** Flux has no state for an object that is suspended on request. An edit that waits for approval is in progress for it. */
function withoutSuspended({ metadata, status = {} }: KubeObject, health: Health): Health {
  const { pendingChange } = status as FlinkDeploymentStatus;
  if (pendingChange?.waitsFor === "Approval" && pendingChange.generation === metadata.generation)
    return "Progressing";
  return health === "Suspended" ? "Healthy" : health;
}

/** The health by both tools, which must agree. */
function healthOf(object: KubeObject): Health {
  const health = argoCdHealth(object);
  expect([withoutSuspended(object, health), object.status]).toEqual([fluxHealth(object), object.status]);
  return health;
}

const job = (status: object, more: object = {}): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: { name: "job", namespace: "default", generation: 2, ...more },
  spec: { job: {} },
  status: { observedGeneration: 2, ...status },
});

const inState = (lifecycleState: string, state?: string, more: object = {}) =>
  job({ lifecycleState, ...(state === undefined ? {} : { jobStatus: { state } }), ...more });

const awaitingApproval = ({ generation = 2, ...status }: Record<string, unknown> = {}) =>
  job(
    {
      lifecycleState: "STABLE",
      jobStatus: { state: "RUNNING" },
      observedGeneration: 1,
      pendingChange: { generation: 2, waitsFor: "Approval" },
      ...status,
    },
    { generation },
  );

describe("a job", () => {
  it.each<[string, KubeObject, Health]>([
    ["without a status", { ...job({}), status: undefined }, "Progressing"],
    ["created", inState("CREATED"), "Progressing"],
    ["upgrading", inState("UPGRADING", "RECONCILING"), "Progressing"],
    ["deployed", inState("DEPLOYED", "RUNNING"), "Progressing"],
    ["stable", inState("STABLE", "RUNNING"), "Healthy"],
    ["lost", inState("STABLE", "RECONCILING"), "Progressing"],
    ["finished", inState("STABLE", "FINISHED"), "Healthy"],
    ["cancelled by hand", inState("STABLE", "CANCELED"), "Degraded"],
    ["suspended", inState("SUSPENDED", "FINISHED"), "Suspended"],
    ["failed", inState("FAILED", "FAILED"), "Degraded"],
    ["rolling back", inState("ROLLING_BACK", "RUNNING"), "Progressing"],
    ["rolled back", inState("ROLLED_BACK", "RUNNING"), "Degraded"],
    ["stalled", inState("STABLE", "RUNNING", { error: "{}" }), "Degraded"],
    ["edited, and not approved yet", awaitingApproval(), "Suspended"],
    ["edited again, and not looked at", awaitingApproval({ generation: 3 }), "Progressing"],
    ["in trouble while an edit waits", awaitingApproval({ error: "{}" }), "Degraded"],
    ["edited", inState("STABLE", "RUNNING", { observedGeneration: 1 }), "Progressing"],
    [
      "being deleted",
      job({ lifecycleState: "STABLE" }, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      "Progressing",
    ],
  ])("%s", (_, object, health) => {
    expect(healthOf(object)).toBe(health);
    expect(healthOf({ ...object, kind: "FlinkSessionJob" })).toBe(health);
  });

  it("a session cluster is healthy when it is ready", () => {
    const cluster = { ...inState("STABLE", undefined, { jobManagerDeploymentStatus: "READY" }), spec: {} };
    expect(healthOf(cluster)).toBe("Healthy");
  });
});

it.each<[string | undefined, Health]>([
  [undefined, "Progressing"],
  ["TRIGGER_PENDING", "Progressing"],
  ["IN_PROGRESS", "Progressing"],
  ["COMPLETED", "Healthy"],
  ["FAILED", "Degraded"],
  ["ABANDONED", "Degraded"],
])("a snapshot that is %s", (state, health) => {
  expect(healthOf({ kind: "FlinkStateSnapshot", metadata: { name: "s" }, status: { state } })).toBe(health);
});

it.each<[string | undefined, string, Health]>([
  [undefined, "RECONCILING", "Progressing"],
  ["TRANSITIONING_TO_GREEN", "RECONCILING", "Progressing"],
  ["SAVEPOINTING_BLUE", "RUNNING", "Progressing"],
  ["ACTIVE_BLUE", "RUNNING", "Healthy"],
  ["ACTIVE_GREEN", "FAILING", "Degraded"],
  ["ACTIVE_BLUE", "SUSPENDED", "Suspended"],
])("a blue/green deployment that is %s, its job %s", (blueGreenState, state, health) => {
  const status = { blueGreenState, jobStatus: { state } };
  expect(healthOf({ kind: "FlinkBlueGreenDeployment", metadata: { name: "b" }, status })).toBe(health);
});

/** The health by the operator's own conditions of the same status. */
function healthByConditions({ metadata, status }: KubeObject): Health | undefined {
  const { conditions = [], observedGeneration = 0 } = status as {
    conditions?: { type: string; status: string; observedGeneration?: number }[];
    observedGeneration?: number;
  };
  if (observedGeneration < (metadata.generation ?? 0)) return "Progressing";
  const holds = (type: string) => conditions.some((each) => each.type === type && each.status === "True");
  if (holds("Ready")) return "Healthy";
  return holds("Stalled") ? "Degraded" : holds("Reconciling") ? "Progressing" : undefined;
}

const playedWorkloads = [
  "first-deploy",
  "upgrade-savepoint",
  "upgrade-last-state",
  "upgrade-savepoint-refused",
  "suspend-savepoint",
  "cancelled-elsewhere",
  "failed-edit",
  "finish-edit",
  "rollback-accepted",
  "standalone-lost-jobmanager",
  "delete-running",
  "approval-savepoint",
] as const;

describe("the statuses of the simulation's jobs", () => {
  it.each(playedWorkloads)("%s: the health matches the conditions", async (workload) => {
    const { watchEvents } = await run({ workload, seed: 1 } as Parameters<typeof run>[0]);
    const statuses = watchEvents.filter(
      ({ type, object }) => type.kind === "FlinkDeployment" && object.status,
    );
    expect(statuses.length).toBeGreaterThan(2);
    const found = new Set<Health>();
    for (const { object, type } of statuses) {
      const seen: KubeObject = { ...object, kind: type.kind };
      const health = healthOf(seen);
      found.add(health);
      const own = healthByConditions(seen);
      if (own === undefined || seen.metadata.deletionTimestamp !== undefined) continue;
      expect([withoutSuspended(seen, health), seen.status]).toEqual([own, seen.status]);
    }
    expect(found).toContain("Progressing");
  });
});

describeWith("reference/golden", "the Java operator's statuses", (golden) => {
  it("are in progress where the resource was just deployed", () => {
    let checked = 0;
    for (const file of globSync("*-Flink{Deployment,SessionJob}.json", { cwd: golden })) {
      const recorded = JSON.parse(readFileSync(join(golden, file), "utf8"));
      for (const status of [
        "initialStatus",
        "status_beforeFirstDeploymentAttempt",
        "status_afterFirstDeployment",
      ]) {
        if (recorded[status] === undefined) continue;
        checked += 1;
        const object = { ...recorded.input, metadata: { ...recorded.input.metadata, generation: 1 } };
        expect([file, status, healthOf({ ...object, status: recorded[status] })]).toEqual([
          file,
          status,
          "Progressing",
        ]);
      }
    }
    expect(checked).toBeGreaterThan(40);
  });
});
