import { describe, expect, test } from "vitest";
import { aDeployment, aJobId, haOfJob } from "../situation.fixture.ts";
import {
  begun,
  decide,
  edited,
  kindsOf,
  podsWith,
  running,
  standby,
  startTime,
  stops,
} from "./warm.fixture.ts";

const leaderMap = {
  name: "job-warm-cluster-config-map",
  uid: "c",
  deleting: false,
  dataKeys: ["org.apache.leader"],
};
const left = standby({
  standby: false,
  jobManager: undefined,
  jobManagerPods: [],
  flink: undefined,
  restHost: undefined,
});
const onLostNode = { ...left, jobManagerPods: podsWith({ deleting: true }) };
const ha = { ...haOfJob, name: `job-warm-${aJobId}-config-map` };

describe("what is left of a cluster that no status names", () => {
  test("its ConfigMaps go, if no job needs them, also where nothing is upgraded", () => {
    const decision = decide({ spec: running, facts: { other: { ...left, haConfigMaps: [leaderMap] } } });
    expect(decision.actions).toEqual([{ kind: "delete-config-maps", clusterId: "job-warm", all: true }]);
  });

  test.each([
    ["HA metadata of a job", { ...left, haConfigMaps: [leaderMap, ha] }],
    [
      "a job that is to be recovered",
      { ...left, haConfigMaps: [{ ...leaderMap, dataKeys: ["jobGraph-a"] }] },
    ],
    ["ConfigMaps that are being deleted", { ...left, haConfigMaps: [{ ...leaderMap, deleting: true }] }],
    ["pods", { ...onLostNode, haConfigMaps: [leaderMap] }],
  ])("not %s", (_, other) => {
    expect(kindsOf(decide({ spec: running, facts: { other } }))).toEqual([]);
  });

  test("HA metadata of a job makes the upgrade a cold one, which an event says", () => {
    const decision = decide({ facts: { other: { ...left, haConfigMaps: [ha] } } });
    expect(stops(decision)).toBe(true);
    expect(decision.status.warmUpgrade).toBeUndefined();
    const told = decision.events.find(({ reason }) => reason === "UpgradedCold");
    expect(told?.message).toContain("HA metadata of a job is left");
  });

  test.each([
    ["pods", onLostNode],
    ["a Deployment that is being deleted", { ...onLostNode, jobManager: { ...aDeployment, deleting: true } }],
  ])("%s have until the timeout to go: then the upgrade is cold", (_, other) => {
    expect(decide({ facts: { other } }).status.warmUpgrade).toMatchObject({ clusterId: "job-warm" });
    const status = { warmUpgrade: begun };
    const waiting = decide({ status, facts: { other }, now: startTime + 299_000 });
    expect(kindsOf(waiting)).toEqual([]);
    expect(stops(waiting)).toBe(false);
    const late = decide({ status, facts: { other }, now: startTime + 300_000 });
    expect(late.status.warmUpgrade?.failure).toContain("there are still");
    expect(stops(decide({ status: late.status, facts: { other }, now: startTime + 301_000 }))).toBe(true);
  });

  test("the next edit is not blocked by the record of an upgrade of which only that is left", () => {
    const moved = { warmUpgrade: { ...begun, generation: 1, jobId: aJobId, savepoint: "file:/1" } };
    const decision = decide({ spec: edited, status: moved, facts: { other: onLostNode } });
    expect(decision.status.warmUpgrade).toMatchObject({ generation: 2, startTime: 100_000 });
  });
});
