import { expect, it } from "vitest";
import type { CollectedAnswers, Collection } from "../../flink/pollCollection.ts";
import { createMeasurements } from "./measurements.ts";

/** A poller that answers when it is told to. */
function fakePoller() {
  const collections = new Map<string, Collection>();
  const answers = new Map<string, CollectedAnswers>();
  return {
    collections,
    answers,
    collect: (key: string, collection: Collection | undefined, purpose?: string) => {
      expect(purpose).toBe("verification");
      if (collection === undefined) collections.delete(key);
      else collections.set(key, collection);
    },
    takeCollected: (key: string, jobId: string) => {
      if (collections.get(key)?.jobId !== jobId) return undefined;
      const found = answers.get(key);
      answers.delete(key);
      return found;
    },
    /** When Flink answered, whenever it is asked for. */
    collectedAt: () => 7,
  };
}

const path = "/jobs/a/vertices/v/subtasks/metrics";
const answered: CollectedAnswers = new Map([
  ["/jobs/a", { body: { vertices: [{ id: "v" }], plan: { nodes: [{ id: "v" }] } } }],
  [path, { body: [{ id: "0.Source__x.pendingRecords" }] }],
  [`${path}?get=0.Source__x.pendingRecords`, { body: [{ id: "0.Source__x.pendingRecords", sum: 5 }] }],
]);
const job = { cluster: "ns/app-green", jobId: "a", intervalMs: 15_000 };

it("keeps what the sources of a job have measured last", () => {
  const poller = fakePoller();
  const measurements = createMeasurements(poller);
  measurements.measure("app", [job]);
  expect(measurements.of("ns/app-green")).toBeUndefined();

  poller.answers.set("ns/app-green", answered);
  const measured = { jobId: "a", at: 7, pendingRecords: 5, recordsPerSecond: undefined };
  expect(measurements.of("ns/app-green")).toEqual(measured);
  expect(measurements.of("ns/app-green")).toEqual(measured);

  measurements.measure("app", [{ ...job, jobId: "b" }]);
  expect(measurements.of("ns/app-green")).toBeUndefined();
});

it("asks for nothing and keeps nothing once nothing is compared", () => {
  const poller = fakePoller();
  const measurements = createMeasurements(poller);
  measurements.measure("app", [job, { ...job, cluster: "ns/app-blue" }]);
  poller.answers.set("ns/app-green", answered);
  measurements.of("ns/app-green");
  measurements.measure("app", []);

  expect(poller.collections.size).toBe(0);
  expect(measurements.size).toBe(0);
});
