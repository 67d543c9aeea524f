import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { kstatus } from "../../../../test/support/kstatus.ts";
import type { FlinkDeployment, FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import type { Reason } from "../../reasons.ts";
import { formatLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { errorTypes, formatStatusError } from "../../statusError.ts";
import type { Input } from "../decide.ts";
import {
  aConfiguration,
  aDeployment,
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
import { completeStatus } from "./completeStatus.ts";
import { decideFailure } from "./failure.ts";

const upgraded = withJobSpec({ args: ["new"] });
const suspendedSpec = withJobSpec({ state: "suspended" });
const error = (type: string, reason: Reason, message: string) => formatStatusError({ type, reason, message });

const intended = (more: Parameters<typeof aStatus>[1] = {}): FlinkDeploymentStatus =>
  aStatus(withJobSpec({ state: "suspended", args: ["new"] }), {
    state: "UPGRADING",
    observedGeneration: 2,
    job: { state: "FINISHED", upgradeSavepointPath: "file:/sp" },
    ...more,
  });
const firstDeployed = (): FlinkDeploymentStatus => {
  const status = aStatus(aSpec);
  const lastReconciledSpec = formatLastReconciledSpec(aSpec, { firstDeployment: true });
  return { ...status, reconciliationStatus: { ...status.reconciliationStatus, lastReconciledSpec } };
};
const rolledBack = (): FlinkDeploymentStatus => {
  const status = aStatus(aSpec, { observedGeneration: 2 });
  return { ...status, reconciliationStatus: { ...status.reconciliationStatus, state: "ROLLED_BACK" } };
};

/** A state in a resource's life: its resource and facts, and what kstatus shows after a reconcile. */
type Row = [name: string, input: Input, result: string, reason: string, message: string];

const at = (
  resource: FlinkDeployment,
  facts: Parameters<typeof anInput>[1] = {},
  more: Parameters<typeof anInput>[2] = {},
) => anInput(resource, facts, more);

const settled = { generation: 1 };
const reportedFacts = { config: { flinkVersion: "2.3.0", flinkRevision: "abc" }, ...checkpointFacts() };
const deploying = (jobManagerDeploymentStatus: "DEPLOYING" | "DEPLOYED_NOT_READY") =>
  aStatus(aSpec, { jobManagerDeploymentStatus, job: { state: "RECONCILING" } });
const unready = [{ name: "job-abc", ip: "10.0.0.1", ready: false, deleting: false, problem: undefined }];
const ended = (state: "FINISHED" | "FAILED" | "CANCELED") => ({
  flink: flinkFacts(state, { ...reportedFacts, ...checkpointFacts({ latestCompleted: aSnapshot(7) }) }),
});
const broken = [
  {
    ...(unready[0] as (typeof unready)[0]),
    problem: { container: "main", reason: "ImagePullBackOff", message: "no such image", restartCount: 0 },
  },
];

const rows: Row[] = [
  ["new", at(aResource(aSpec, undefined, settled), noCluster), "InProgress", "Deploying", "created"],
  [
    "new and suspended",
    at(aResource(suspendedSpec, undefined, settled), noCluster),
    "Current",
    "Suspended",
    "as the spec asks",
  ],
  [
    "its JobManager starts",
    at(aResource(aSpec, deploying("DEPLOYING"), settled), { jobManagerPods: unready, flink: undefined }),
    "InProgress",
    "JobManagerStarting",
    "is starting",
  ],
  [
    "its JobManager does not answer yet",
    at(aResource(aSpec, deploying("DEPLOYING"), settled), { flink: undefined }),
    "InProgress",
    "JobManagerStarting",
    "does not answer",
  ],
  [
    "its job restarts",
    at(aResource(aSpec, aStatus(aSpec), settled), { flink: flinkFacts("RESTARTING", reportedFacts) }),
    "InProgress",
    "JobNotRunning",
    "RESTARTING",
  ],
  ["it runs", at(aResource(aSpec, aStatus(aSpec), settled)), "Current", "Running", "runs"],
  [
    "it was edited, and is stopped with a savepoint",
    at(aResource(upgraded, aStatus(aSpec))),
    "InProgress",
    "Upgrading",
    "stopped with a savepoint",
  ],
  [
    "it was edited for the first time, and is stopped with a savepoint",
    at(aResource(upgraded, firstDeployed())),
    "InProgress",
    "Upgrading",
    "stopped with a savepoint",
  ],
  [
    "it was edited, and the change waits for its job",
    at(aResource(upgraded, aStatus(aSpec)), { flink: undefined }),
    "InProgress",
    "Upgrading",
    "Waiting: ",
  ],
  [
    "its old cluster is taken down",
    at(aResource(upgraded, intended())),
    "InProgress",
    "Upgrading",
    "being replaced",
  ],
  [
    "it is being suspended",
    at(aResource(suspendedSpec, aStatus(aSpec))),
    "InProgress",
    "Suspending",
    "being suspended",
  ],
  [
    "it is suspended",
    at(
      aResource(suspendedSpec, aStatus(suspendedSpec, { observedGeneration: 2, job: { state: "FINISHED" } })),
      noCluster,
    ),
    "Current",
    "Suspended",
    "as the spec asks",
  ],
  [
    "it is resumed",
    at(aResource(aSpec, aStatus(suspendedSpec, { job: { state: "FINISHED" } })), noCluster),
    "InProgress",
    "Resuming",
    "asks the suspended job to run",
  ],
  [
    "its job has come to its end",
    at(aResource(aSpec, aStatus(aSpec), settled), ended("FINISHED")),
    "Current",
    "Finished",
    "come to its end",
  ],
  [
    "its job has failed",
    at(aResource(aSpec, aStatus(aSpec), settled), ended("FAILED")),
    "Failed",
    "JobFailed",
    "failed",
  ],
  [
    "its job was cancelled by hand, and is started again",
    at(aResource(aSpec, aStatus(aSpec), settled), ended("CANCELED")),
    "InProgress",
    "Restarting",
    "asks it to run",
  ],
  [
    "its image cannot be pulled",
    at(aResource(aSpec, deploying("DEPLOYING"), settled), { jobManagerPods: broken, flink: undefined }),
    "Failed",
    "ImagePullBackOff",
    "no such image",
  ],
  [
    "its state is lost",
    at(
      aResource(
        aSpec,
        aStatus(aSpec, {
          jobManagerDeploymentStatus: "MISSING",
          job: { state: "RECONCILING" },
          error: error(errorTypes.upgradeFailure, "UpgradeFailed", "Manual restore required."),
        }),
        settled,
      ),
      { ...noCluster, haConfigMaps: [] },
      { configure: aConfiguration({ highAvailability: false }) },
    ),
    "Failed",
    "UpgradeFailed",
    "Manual restore required.",
  ],
  [
    "its newest edit is invalid",
    at(
      aResource(upgraded, aStatus(aSpec)),
      {},
      { configure: aConfiguration({}, { field: "spec.image", message: "is missing" }) },
    ),
    "Failed",
    "ValidationError",
    "spec.image: is missing",
  ],
  [
    "it was never valid",
    at(aResource(aSpec, undefined), noCluster, {
      configure: aConfiguration({}, { field: "spec.image", message: "is missing" }),
    }),
    "Failed",
    "ValidationError",
    "spec.image: is missing",
  ],
  [
    "its stored spec cannot be read",
    at(aResource(aSpec, { reconciliationStatus: { state: "DEPLOYED", lastReconciledSpec: "{" } })),
    "Failed",
    "Error",
    "cannot be read",
  ],
  ["it was rolled back", at(aResource(aSpec, rolledBack())), "Failed", "RolledBack", "rolled back"],
  [
    "its JobManager is gone, and it is recovered",
    at(aResource(aSpec, aStatus(aSpec), settled), noCluster),
    "InProgress",
    "Recovering",
    "Deployment is gone",
  ],
  [
    "it is being deleted",
    at(aResource(aSpec, aStatus(aSpec), { ...settled, deletionTimestamp: "2026-01-01T00:00:00Z" })),
    "Terminating",
    "Deleting",
    "taken down",
  ],
];

describe("the result for kubectl wait, Argo CD and Flux", () => {
  test.each(rows)("%s", (_, input, result, reason, message) => {
    const { status } = decideFlinkDeployment(input);
    expect(kstatus({ ...input.resource, status })).toBe(result);
    const ready = status.conditions?.find(({ type }) => type === "Ready");
    expect(ready).toMatchObject({ status: result === "Current" ? "True" : "False", reason });
    expect(ready?.message).toContain(message);
    expect(ready?.observedGeneration).toBe(input.resource.metadata.generation);
  });

  test.each(rows)("%s: told once, and the same in the next pass", (_, input) => {
    const first = decideFlinkDeployment(input).status;
    const next = { ...input, now: input.now + 5_000, resource: { ...input.resource, status: first } };
    const second = decideFlinkDeployment(next).status;
    // An action continued meanwhile, and is reported.
    if (!isDeepStrictEqual({ ...second, conditions: [] }, { ...first, conditions: [] })) return;
    expect(second.conditions).toEqual(first.conditions);
  });

  test.each(rows)("%s: the same is done where the Java operator dropped what is ours", (_, input) => {
    const first = decideFlinkDeployment(input).status;
    const { decisions: _decisions, retry: _retry, conditions, ...known } = first;
    const dropped = { ...known, conditions: conditions?.filter(({ type }) => type === "Running") };
    const pass = (status: FlinkDeploymentStatus) =>
      decideFlinkDeployment({ ...input, now: input.now + 5_000, resource: { ...input.resource, status } });
    const [kept, lost] = [pass(first), pass(dropped)];
    expect(JSON.stringify(lost.actions)).toBe(JSON.stringify(kept.actions));
    expect(lost.events).toEqual(kept.events);
    expect({ ...lost.status, conditions, decisions: undefined }).toEqual({
      ...kept.status,
      conditions,
      decisions: undefined,
    });
    expect(lost.status.conditions?.map(({ type, status }) => [type, status])).toEqual(
      kept.status.conditions?.map(({ type, status }) => [type, status]),
    );
  });

  test("an invalid edit leaves the job running and is reported", () => {
    const configure = aConfiguration({}, { field: "spec.image", message: "is missing" });
    const { status } = decideFlinkDeployment(at(aResource(upgraded, aStatus(aSpec)), {}, { configure }));
    expect(status.conditions?.find(({ type }) => type === "Running")?.status).toBe("True");
  });

  test("a cluster that the API server rejected is stalled, although nothing was changed", () => {
    const decision = decideFlinkDeployment(
      at(aResource(upgraded, aStatus(aSpec)), { jobManager: aDeployment }),
    );
    const [action] = decision.actions;
    if (action === undefined) throw new Error("nothing to fail");
    const failure = { action, status: 422, reason: "Invalid", message: "no such field" };
    const next = decideFailure(decision.observed.status, failure, 1).status ?? {};
    const status = completeStatus(next, decision.desired, 0);
    const [ready] = status.conditions?.filter(({ type }) => type === "Stalled") ?? [];
    expect(ready).toMatchObject({ status: "True", reason: "Invalid" });
    expect(ready?.message).toContain("no such field");
  });

  test("the message of an error is the one in its JSON, or the plain text", () => {
    const recorded = formatLastReconciledSpec(aSpec, { firstDeployment: false });
    const status = { error: "Job Not Found", reconciliationStatus: { lastReconciledSpec: recorded } };
    const desired = {
      subject: "application" as const,
      generation: 1,
      deleting: false,
      shouldRun: true,
      changePending: false,
      waitsFor: undefined,
    };
    const stalled = completeStatus(status, desired, 0).conditions?.find(({ type }) => type === "Stalled");
    expect(stalled).toMatchObject({ status: "True", reason: "Error", message: "Job Not Found" });
  });
});
