/**
 * Table 2.5 of the reference, row by row. A title quotes its row; deviations of this operator follow "ours", with the
 * reason.
 */
import { describe, expect, test } from "vitest";
import type { FlinkDeploymentStatus } from "../../api/v1beta1/flinkdeployment.ts";
import { inState, job, kindsOf, now, savepoint, withoutHa } from "../job/decisionTables.fixture.ts";
import type { Facts } from "../job/model/facts.ts";
import type { Settings } from "../job/model/settings.ts";
import {
  aConfiguration,
  anInput,
  aResource,
  aSpec,
  aStatus,
  flinkFacts,
  noCluster,
} from "../job/situation.fixture.ts";
import { decideFlinkDeployment } from "./decide.ts";

describe("2.5 deletion of an application", () => {
  const deleting = (
    status: FlinkDeploymentStatus | undefined,
    facts: Partial<Facts>,
    settings: Partial<Settings> = {},
  ) =>
    decideFlinkDeployment(
      anInput(aResource(aSpec, status, { deletionTimestamp: new Date(now).toISOString() }), facts, {
        now: now + 1_000,
        configure: aConfiguration(settings),
      }),
    );

  test("event Cleanup → lifecycle DELETING; ours: one event, and later reconciles add nothing to it", () => {
    const first = deleting(aStatus(aSpec), {});
    expect(first.events.map(({ reason }) => reason)).toEqual(["Cleanup"]);
    expect(first.status.lifecycleState).toBe("DELETING");
    expect(deleting(first.status, {}).events).toEqual([]);
  });

  test("before-first/terminal: delete cluster+HA", () => {
    expect(kindsOf(deleting(undefined, noCluster))).toEqual(["delete-config-maps", "remove-finalizer"]);
    expect(kindsOf(deleting(inState("FINISHED"), job("FINISHED")))).toEqual(["delete-deployment"]);
  });

  test("else STATELESS (cancel best effort + delete cluster + HA)", () => {
    expect(kindsOf(deleting(aStatus(aSpec), {}))).toEqual(["cancel"]);
    expect(kindsOf(deleting(aStatus(aSpec), job("CANCELED")))).toEqual(["delete-deployment"]);
    expect(deleting(aStatus(aSpec), noCluster).actions).toEqual([
      { kind: "delete-config-maps", clusterId: "job", all: true },
      { kind: "remove-finalizer" },
    ]);
  });

  test("without high availability there are no ConfigMaps to look for; the others have owners", () => {
    const without = { ...noCluster, ...withoutHa };
    const finalizerOnly = ["remove-finalizer"];
    expect(kindsOf(deleting(aStatus(aSpec), without, { highAvailability: false }))).toEqual(finalizerOnly);
    expect(kindsOf(deleting(aStatus(aSpec), without, { highAvailability: true }))).toHaveLength(2);
    expect(kindsOf(deleting(aStatus(aSpec), noCluster, { highAvailability: false }))).toHaveLength(2);
  });

  test("savepoint-on-deletion: stop-with-savepoint; ours: then cluster and HA ConfigMaps are deleted too", () => {
    const requested = deleting(aStatus(aSpec), {}, { savepointOnDeletion: true });
    const triggerId = requested.status.jobStatus?.savepointInfo?.triggerId ?? "";
    const done = savepoint({ state: "completed", location: "file:/sp" }).flink;
    const stopped = deleting(
      requested.status,
      { flink: flinkFacts("RUNNING", { ...done, savepoint: { ...done?.savepoint, triggerId } as never }) },
      { savepointOnDeletion: true },
    );
    expect(kindsOf(deleting(stopped.status, job("FINISHED"), { savepointOnDeletion: true }))).toEqual([
      "delete-deployment",
    ]);
    expect(kindsOf(deleting(stopped.status, noCluster, { savepointOnDeletion: true }))).toEqual([
      "delete-config-maps",
      "remove-finalizer",
    ]);
  });
});
