import { describe, expect, test } from "vitest";
import type { FlinkDeploymentStatus } from "../../../api/v1beta1/flinkdeployment.ts";
import type { ClusterObjects } from "../../build/cluster.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import type { Launch } from "../model/situation.ts";
import {
  aConfiguration,
  aDeployment,
  anInput,
  aResource,
  aSpec,
  aStatus,
  noCluster,
  withJobSpec,
} from "../situation.fixture.ts";

const cleaning = { configure: aConfiguration({ cleansResults: true }) };
const ids = (count: number) => Array.from({ length: count }, (_, index) => `launch-${index}`);

const intended = (launches: string[]): FlinkDeploymentStatus => ({
  ...aStatus(withJobSpec({ state: "suspended", upgradeMode: "stateless" }), {
    state: "UPGRADING",
    job: { state: "RECONCILING" },
  }),
  observedGeneration: 2,
  launches,
});

const launching = (launches: string[], more: Parameters<typeof anInput>[2] = cleaning) =>
  decideFlinkDeployment(anInput(aResource(aSpec, intended(launches)), noCluster, more));

const launchOf = ({ actions }: ReturnType<typeof launching>) => {
  const launch = actions.find(({ kind }) => kind === "launch") as { objects: ClusterObjects } | undefined;
  return launch?.objects.deployment.launch as Launch;
};

describe("a launch", () => {
  test("removes the results of earlier launches and is recorded itself", () => {
    const decision = launching(["a", "b"]);
    const { launchId, earlierLaunches } = launchOf(decision);
    expect(earlierLaunches).toEqual(["a", "b"]);
    expect(decision.status.launches).toEqual(["a", "b", launchId]);
  });

  test("that is repeated after a crash is recorded once", () => {
    const { launchId } = launchOf(launching([]));
    const repeated = launching(["a", launchId]);
    expect(launchOf(repeated).earlierLaunches).toEqual(["a"]);
    expect(repeated.status.launches).toEqual(["a", launchId]);
  });

  test("is recorded with a bounded number of others", () => {
    const { launches } = launching(ids(30)).status;
    expect(launches).toHaveLength(20);
    expect(launches?.at(-2)).toBe("launch-29");
  });

  test("of a resource whose results cannot be removed is not recorded", () => {
    expect(launching([], { configure: aConfiguration() }).status.launches).toEqual([]);
  });

  test("has a dry run that includes the results to remove", () => {
    const status = { ...aStatus(aSpec), launches: ["a"] };
    const asked = withJobSpec({ args: ["--new"] });
    const [judged] = decideFlinkDeployment(anInput(aResource(asked, status), {}, cleaning)).actions;
    expect(judged).toMatchObject({
      kind: "dry-run",
      objects: { deployment: { launch: { earlierLaunches: ["a"] } } },
    });
  });
});

describe("earlier launches", () => {
  const running = (launches: string[], facts = {}) =>
    decideFlinkDeployment(
      anInput(aResource(aSpec, { ...aStatus(aSpec), launches }, { generation: 1 }), facts),
    ).status.launches;

  test("are dropped from the status once the JobManager that removed their results answers", () => {
    expect(running(["a", "launch-1"])).toEqual(["launch-1"]);
  });

  test("stay in the status while that JobManager is not up, or is of another launch", () => {
    expect(running(["a", "launch-1"], noCluster)).toEqual(["a", "launch-1"]);
    const other = { jobManager: { ...aDeployment, launchId: "another" } };
    expect(running(["a", "launch-1"], other)).toEqual(["a", "launch-1"]);
  });
});
