import { describe, expect, it, test } from "vitest";
import type { SubmissionFacts } from "../../api/flinkFacts.ts";
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { deriveFetchId } from "../ids.ts";
import type { Situation } from "../job/model/situation.ts";
import { flinkFacts } from "../job/situation.fixture.ts";
import { formatLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import { editDuringStart, withDeployedSpec } from "./editDuringStart.ts";
import { fetchJarFirst, fetchJarOfEdit } from "./fetchJarFirst.ts";
import {
  aSessionJobSituation,
  aSessionJobSpec,
  intendedSituation,
  sessionJobFacts,
  withSessionJob,
} from "./situation.fixture.ts";
import { submission } from "./submission.ts";

const edited = withSessionJob({ jarURI: "https://example.com/none.jar" });
const noJob = flinkFacts("RUNNING", { jobs: [], jobsAt: 1_600 });
const { uid, kind } = aSessionJobSituation();
const fetchId = deriveFetchId(uid, 3);
const ranAs = (stable: FlinkDeploymentSpec) => ({
  lastStableSpec: formatLastReconciledSpec(stable, { firstDeployment: false }, kind.spec),
});

/** The start of the previous spec is intended, and generation 3 requests another jar with these facts. */
function lost(
  jarFetch: SubmissionFacts | undefined,
  more: Partial<Situation> = {},
  stable = aSessionJobSpec,
  job: object = {},
): Situation {
  const facts = sessionJobFacts({ flink: noJob, jarFetch, ...more.facts });
  const found = intendedSituation({ generation: 3, spec: edited, ...more, facts }, job);
  const reconciliationStatus = { ...found.status.reconciliationStatus, ...ranAs(stable) };
  return { ...found, status: { ...found.status, reconciliationStatus } };
}

const accepted = { jobId: fetchId, state: "accepted", at: 1_500 } as const;
const running = { jobId: fetchId, state: "running", tries: 0 } as const;
const failed = {
  jobId: fetchId,
  state: "failed",
  at: 1_500,
  tries: 1,
  certain: true,
  error: "HTTP 404",
} as const;

describe("an edit during an intended start of a lost job", () => {
  test.each<[string, SubmissionFacts | undefined, number, string]>([
    ["whose jar was fetched, is applied", accepted, 2_000, "applied"],
    ["whose jar cannot be fetched, is deferred", failed, 2_000, "deferred"],
    ["whose jar is being fetched, is awaited", running, 2_000, "awaited"],
    ["whose jar was not requested yet, is awaited", undefined, 2_000, "awaited"],
    ["whose jar takes too long, is not awaited any more", running, 11_001, "deferred"],
  ])("%s", (_, jarFetch, now, expected) => {
    expect(editDuringStart(lost(jarFetch, { now }))).toBe(expected);
  });

  test("is applied if the intended spec has never run, because it may be a fix for it", () => {
    expect(editDuringStart(lost(failed, {}, withSessionJob({ parallelism: 7 })))).toBe("applied");
    expect(editDuringStart(lost(failed, {}, withSessionJob({ state: "suspended" })))).toBe("applied");
  });

  test("is applied if it needs no jar", () => {
    expect(editDuringStart(lost(failed, { spec: withSessionJob({ state: "suspended" }) }))).toBe("applied");
    expect(editDuringStart(lost(failed, { spec: withSessionJob({ jarURI: undefined }) }))).toBe("applied");
  });

  test("is ignored if the spec is the intended one", () => {
    expect(editDuringStart(intendedSituation())).toBe("none");
  });
});

describe("the start of a lost job", () => {
  it("waits shortly for the jar of an edit, and then continues without it", () => {
    expect(submission(lost(running))).toEqual({ requeueAfterMs: 1_000 });
    const named = submission(lost(failed));
    expect(named?.status).toMatchObject({ observedGeneration: 2, jobStatus: { state: "RECONCILING" } });
  });

  it("uses the edit once its jar was fetched", () => {
    const { status } = submission(lost(accepted)) ?? {};
    expect(status?.observedGeneration).toBe(3);
    expect(status?.reconciliationStatus?.lastReconciledSpec).toContain("none.jar");
  });

  it("is retried at its own interval if neither jar is available, and not in a loop", () => {
    const named = { state: "RECONCILING", jobId: "1234" };
    const refused = { ...failed, jobId: "1234" };
    const facts = sessionJobFacts({ flink: noJob, jarFetch: failed, submission: refused });
    const outcome = submission(lost(failed, { facts }, aSessionJobSpec, named));
    expect(outcome?.status?.jobStatus?.jobId).toBe("1234");
    expect(outcome?.requeueAfterMs).toBe(1_500 + 5_000 - 2_000);
    // Once the edit's jar is available, the edit is started.
    const available = { ...facts, jarFetch: accepted };
    expect(
      submission(lost(accepted, { facts: available }, aSessionJobSpec, named))?.status?.jobStatus?.state,
    ).toBe("FINISHED");
  });
});

describe("meanwhile the jar of the edit", () => {
  it("is fetched, and a failure of that is reported", () => {
    const request = { kind: "fetch-jar", submission: { run: { jobId: fetchId } } };
    expect(fetchJarOfEdit(lost(undefined))).toMatchObject({ actions: [request], othersMayAct: true });
    expect(fetchJarOfEdit(lost(failed))?.status?.error).toContain("HTTP 404");
    expect(fetchJarOfEdit(lost(failed, { now: 60_000 }))?.actions).toMatchObject([request]);
    expect(fetchJarOfEdit(lost(accepted))).toBeUndefined();
  });

  it("is fetched before a redeployment discards the running job", () => {
    const redeployment = { status: {}, explanation: { act: "Redeploy" as const, reason: "nonce" } };
    expect(fetchJarFirst(() => redeployment)(lost(failed))).toBeUndefined();
    expect(fetchJarFirst(() => redeployment)(lost(accepted))).toBe(redeployment);
  });
});

describe("a job whose cluster is to be replaced", () => {
  const diff = { type: "UPGRADE", changes: [], text: "" } as const;
  const runs = (jarFetch?: SubmissionFacts, more: Partial<Situation> = {}) =>
    aSessionJobSituation({
      generation: 3,
      spec: edited,
      diff,
      facts: sessionJobFacts({ jarFetch }),
      ...more,
    });

  it("is suspended with its previous spec, unless the jar of its edit was fetched", () => {
    expect(withDeployedSpec(runs(failed))).toMatchObject({ generation: 1, spec: aSessionJobSpec });
    const taken = runs(accepted);
    expect(withDeployedSpec(taken)).toBe(taken);
  });

  it("saves its state as its edit requests", () => {
    const spec = { ...edited, job: { ...edited.job, upgradeMode: "stateless" as const } };
    expect(withDeployedSpec(runs(failed, { spec })).spec.job?.upgradeMode).toBe("stateless");
  });

  it("is suspended if its edit requests that", () => {
    const suspending = runs(failed, { spec: withSessionJob({ state: "suspended" }) });
    expect(withDeployedSpec(suspending)).toBe(suspending);
  });
});
