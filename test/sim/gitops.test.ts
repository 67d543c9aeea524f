import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { beforeAll, describe, expect, it } from "vitest";
import { type LuaEngine, LuaFactory } from "wasmoon";
import type { KubeObject } from "../../src/api/kubernetes.ts";
import { describeWith } from "../support/otherProjects.ts";
import { run } from "./harness.ts";
import { compileCel } from "./world/kubernetes/cel.ts";

/** The health checks for Argo CD and Flux, over the statuses of the simulation's jobs and of the Java operator. */

type Verdict = "Healthy" | "Suspended" | "Degraded" | "Progressing";

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

/** As Argo CD sees an object: without what is null. */
const plain = <T>(object: T): T =>
  JSON.parse(JSON.stringify(object), (_, value) => (value === null ? undefined : value)) as T;

function argoSays(object: KubeObject): Verdict {
  lua.global.set("obj", plain(object));
  const script = argo[`resource.customizations.health.flink.apache.org_${object.kind}`] ?? "";
  const answer = lua.doStringSync(script) as { status: Verdict; message: string };
  expect(typeof answer.message).toBe("string");
  return answer.status;
}

/** Flux asks in this order, and takes what none answers for being in progress. */
function fluxSays(object: KubeObject): Verdict {
  const { kind, metadata, spec = {}, status = {} } = plain(object);
  const asked = flux.find((each) => each.kind === kind);
  const holds = (expression = "false") => compileCel(expression)({ metadata, spec, status }) === true;
  if (holds(asked?.inProgress)) return "Progressing";
  if (holds(asked?.failed)) return "Degraded";
  return holds(asked?.current) ? "Healthy" : "Progressing";
}

/** Flux has no word for what is suspended as asked. */
function both(object: KubeObject): Verdict {
  const said = argoSays(object);
  expect([said === "Suspended" ? "Healthy" : said, object.status]).toEqual([fluxSays(object), object.status]);
  return said;
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

describe("a job", () => {
  it.each<[string, KubeObject, Verdict]>([
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
    ["edited", inState("STABLE", "RUNNING", { observedGeneration: 1 }), "Progressing"],
    [
      "being deleted",
      job({ lifecycleState: "STABLE" }, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      "Progressing",
    ],
  ])("%s", (_, object, verdict) => {
    expect(both(object)).toBe(verdict);
    expect(both({ ...object, kind: "FlinkSessionJob" })).toBe(verdict);
  });

  it("a session cluster is healthy when it is ready", () => {
    const cluster = { ...inState("STABLE", undefined, { jobManagerDeploymentStatus: "READY" }), spec: {} };
    expect(both(cluster)).toBe("Healthy");
  });
});

it.each<[string | undefined, Verdict]>([
  [undefined, "Progressing"],
  ["TRIGGER_PENDING", "Progressing"],
  ["IN_PROGRESS", "Progressing"],
  ["COMPLETED", "Healthy"],
  ["FAILED", "Degraded"],
  ["ABANDONED", "Degraded"],
])("a snapshot that is %s", (state, verdict) => {
  expect(both({ kind: "FlinkStateSnapshot", metadata: { name: "s" }, status: { state } })).toBe(verdict);
});

it.each<[string | undefined, string, Verdict]>([
  [undefined, "RECONCILING", "Progressing"],
  ["TRANSITIONING_TO_GREEN", "RECONCILING", "Progressing"],
  ["SAVEPOINTING_BLUE", "RUNNING", "Progressing"],
  ["ACTIVE_BLUE", "RUNNING", "Healthy"],
  ["ACTIVE_GREEN", "FAILING", "Degraded"],
  ["ACTIVE_BLUE", "SUSPENDED", "Suspended"],
])("a blue/green deployment that is %s, its job %s", (blueGreenState, state, verdict) => {
  const status = { blueGreenState, jobStatus: { state } };
  expect(both({ kind: "FlinkBlueGreenDeployment", metadata: { name: "b" }, status })).toBe(verdict);
});

/** What the operator's own conditions say of the same status. */
function conditionsSay({ metadata, status }: KubeObject): Verdict | undefined {
  const { conditions = [], observedGeneration = 0 } = status as {
    conditions?: { type: string; status: string; observedGeneration?: number }[];
    observedGeneration?: number;
  };
  if (observedGeneration < (metadata.generation ?? 0)) return "Progressing";
  const holds = (type: string) => conditions.some((each) => each.type === type && each.status === "True");
  if (holds("Ready")) return "Healthy";
  return holds("Stalled") ? "Degraded" : holds("Reconciling") ? "Progressing" : undefined;
}

const lives = [
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
] as const;

describe("through the lives of the simulation's jobs", () => {
  it.each(lives)("%s: what the conditions say", async (workload) => {
    const { shown } = await run({ workload, seed: 1 } as Parameters<typeof run>[0]);
    const statuses = shown.filter(({ type, object }) => type.kind === "FlinkDeployment" && object.status);
    expect(statuses.length).toBeGreaterThan(2);
    const said = new Set<Verdict>();
    for (const { object, type } of statuses) {
      const seen: KubeObject = { ...object, kind: type.kind };
      const verdict = both(seen);
      said.add(verdict);
      const own = conditionsSay(seen);
      if (own === undefined || seen.metadata.deletionTimestamp !== undefined) continue;
      expect([verdict === "Suspended" ? "Healthy" : verdict, seen.status]).toEqual([own, seen.status]);
    }
    expect(said).toContain("Progressing");
  });
});

describeWith("reference/golden", "the Java operator's statuses", (golden) => {
  it("of resources that were just deployed are in progress", () => {
    let judged = 0;
    for (const file of globSync("*-Flink{Deployment,SessionJob}.json", { cwd: golden })) {
      const recorded = JSON.parse(readFileSync(join(golden, file), "utf8"));
      for (const status of [
        "initialStatus",
        "status_beforeFirstDeploymentAttempt",
        "status_afterFirstDeployment",
      ]) {
        if (recorded[status] === undefined) continue;
        judged += 1;
        const object = { ...recorded.input, metadata: { ...recorded.input.metadata, generation: 1 } };
        expect([file, status, both({ ...object, status: recorded[status] })]).toEqual([
          file,
          status,
          "Progressing",
        ]);
      }
    }
    expect(judged).toBeGreaterThan(40);
  });
});
