import { expect, test } from "vitest";
import { planSourceRequests, sourceMetricsOf } from "./sourceMetrics.ts";

const details = {
  vertices: [
    { id: "kafka", status: "RUNNING" },
    { id: "files", status: "RUNNING" },
    { id: "done", status: "FINISHED" },
    { id: "sink", status: "RUNNING" },
  ],
  plan: {
    nodes: [
      { id: "kafka" },
      { id: "files", inputs: [] },
      { id: "done", inputs: [] },
      { id: "sink", inputs: [{ id: "kafka" }] },
    ],
  },
};
const path = (vertex: string) => `/jobs/a/vertices/${vertex}/subtasks/metrics`;
const names = (...ids: string[]) => ids.map((id) => ({ id }));
const kafka = `${path("kafka")}?get=0.Source__a.pendingRecords,Source__a.numRecordsInPerSecond`;
const files = `${path("files")}?get=Source__b.numRecordsInPerSecond`;
const all: Readonly<Record<string, unknown>> = {
  "/jobs/a": details,
  [path("kafka")]: names(
    "0.Source__a.pendingRecords",
    "Source__a.numRecordsInPerSecond",
    "busyTimeMsPerSecond",
    "Sink__c.numRecordsInPerSecond",
  ),
  [path("files")]: names("Source__b.numRecordsInPerSecond"),
  [kafka]: [
    { id: "0.Source__a.pendingRecords", sum: 12 },
    { id: "Source__a.numRecordsInPerSecond", sum: 3.5 },
  ],
  [files]: [{ id: "Source__b.numRecordsInPerSecond", sum: 1 }],
};

function collected(answers: Readonly<Record<string, unknown>>) {
  const known = new Map<string, { readonly body: unknown } | { readonly error: string }>();
  for (;;) {
    const { next } = planSourceRequests("a", known);
    if (next.length === 0) return { known, metrics: sourceMetricsOf("a", known, 7) };
    for (const each of next)
      known.set(each, each in answers ? { body: answers[each] } : { error: "not found" });
  }
}

test("the sources that have not finished are asked for what they have still to read", () => {
  const { known, metrics } = collected(all);

  expect([...known.keys()].toSorted()).toEqual(Object.keys(all).toSorted());
  expect(metrics).toEqual({ jobId: "a", at: 7, pendingRecords: 12, recordsPerSecond: 4.5 });
});

test("a source that does not answer leaves the sums unknown", () => {
  const { [kafka]: _, ...rest } = all;

  expect(collected(rest).metrics).toMatchObject({ pendingRecords: undefined, recordsPerSecond: undefined });
});

test.each([
  ["no source has the metric", { ...all, [path("kafka")]: names("Source__a.numRecordsInPerSecond") }],
  ["there is no plan", { "/jobs/a": {} }],
  ["it is no number", { ...all, [kafka]: [{ id: "0.Source__a.pendingRecords", sum: "NaN" }] }],
])("the lag is unknown where %s", (_, answers) => {
  expect(collected(answers).metrics.pendingRecords).toBeUndefined();
});

test("an answer without any metric is asked for again", () => {
  const empty = new Map([
    ["/jobs/a", { body: details }],
    [path("kafka"), { body: [] }],
    [path("files"), { body: names("x") }],
  ]);

  expect(planSourceRequests("a", empty)).toEqual({ next: [], isCold: true });
});
