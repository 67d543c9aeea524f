import { describe, expect, test } from "vitest";
import type { JobParallelism } from "../../../api/flinkFacts.ts";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import type { Decision } from "../model/decision.ts";
import {
  aConfiguration,
  aJobId,
  anInput,
  aResource,
  aStatus,
  checkpointFacts,
  flinkFacts,
  withJobSpec,
} from "../situation.fixture.ts";

const worker = "w".repeat(32);

const told = (upperBound: number): JobParallelism => ({
  jobId: aJobId,
  at: 1_000,
  requirements: { [worker]: { parallelism: { lowerBound: 1, upperBound } } },
  vertices: [
    { id: worker, name: "worker", parallelism: upperBound, maxParallelism: 128, running: upperBound },
  ],
});

function pass(
  parallelism: JobParallelism | undefined,
  override = "7",
  flinkVersion: "v1_20" | "v2_3" = "v2_3",
  begun?: Decision["status"],
): Decision {
  const spec = withJobSpec({ parallelism: 2 }, { flinkVersion });
  const { jobs = [], ...flink } = flinkFacts("RUNNING");
  const running = parallelism?.vertices[0]?.running ?? 2;
  const facts = {
    ...flink,
    jobs: jobs.map((job) => ({ ...job, tasks: { total: running, running } })),
    ...checkpointFacts({}),
    ...(parallelism && { parallelism }),
  };
  return decideFlinkDeployment(
    anInput(
      aResource(spec, begun ?? aStatus(spec)),
      { flink: facts },
      {
        now: 2_000,
        configure: aConfiguration({
          notInPlace: undefined,
          defaultParallelism: 2,
          parallelismOverrides: () => new Map(override === "" ? [] : [[worker, override]]),
        }),
      },
    ),
  );
}

describe("overrides that Flink 2 did not apply as it started the application", () => {
  test("are looked for, and set in place", () => {
    const first = pass(undefined);
    expect(first.poll?.want.parallelism).toBe(true);
    expect(first.status.rescale).toBeUndefined();
    const { status, events } = pass(told(2));
    expect(status.rescale).toMatchObject({ before: `${worker}:2`, after: `${worker}:7` });
    expect(status.decisions?.[0]).toMatchObject({
      act: "Rescale",
      reason: expect.stringContaining("FLINK-38770"),
    });
    expect(events).toEqual([]);
  });

  test("are carried out to their end, and not taken for an edit that was taken back", () => {
    const begun = pass(told(2)).status;
    const asked = pass(told(2), "7", "v2_3", begun);
    expect(asked.follow?.rescale).toMatchObject({ kind: "checkpoint" });
    expect(asked.status.rescale?.after).toBe(`${worker}:7`);
    const noted = { ...told(2), requirements: told(7).requirements };
    expect(pass(noted, "7", "v2_3", begun).status.rescale?.after).toBe(`${worker}:7`);
    const done = pass(told(7), "7", "v2_3", begun);
    expect(done.status.rescale).toBeUndefined();
    expect(done.actions).toEqual([]);
  });

  test.each([
    ["in effect", pass(told(7))],
    ["of a vertex that cannot have them", pass(told(2), "129")],
    ["of a vertex that the job does not have", pass({ ...told(2), requirements: {} })],
  ])("are left alone if they are %s", (_, { status, actions }) => {
    expect([status.rescale, actions]).toEqual([undefined, []]);
  });

  test("are not looked for where there are none, and in Flink 1, which applies them", () => {
    for (const decision of [pass(told(2), ""), pass(told(2), "7", "v1_20")]) {
      expect(decision.poll?.want.parallelism).toBeUndefined();
      expect(decision.status.rescale).toBeUndefined();
    }
  });
});
