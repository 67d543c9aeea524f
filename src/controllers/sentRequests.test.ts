import { expect, test } from "vitest";
import { createSentRequests } from "./sentRequests.ts";

const unsentOf = (requests: ReturnType<typeof createSentRequests>) => [
  ...(requests.of("ns/job")?.unsent ?? []),
];

test("a trigger id that this process has recorded is unsent until it is sent", () => {
  const requests = createSentRequests();
  requests.intended("ns/job", ["a"], []);
  expect(unsentOf(requests)).toEqual(["a"]);
  requests.intended("ns/job", ["a", "b"], ["a"]);
  expect(unsentOf(requests)).toEqual(["a", "b"]);
  requests.sent("ns/job", "a");
  requests.intended("ns/job", ["a", "b"], ["a", "b"]);
  expect(unsentOf(requests)).toEqual(["b"]);
});

test("an id that was found in a status may have been sent", () => {
  const requests = createSentRequests();
  requests.intended("ns/job", ["a"], ["a"]);
  expect(requests.of("ns/job")).toBeUndefined();
});

test("nothing is kept for ended triggers and deleted resources", () => {
  const requests = createSentRequests();
  requests.intended("ns/job", ["a"], []);
  requests.intended("ns/job", [], ["a"]);
  expect(requests.size).toBe(0);
  requests.cancelled("ns/job", "j", 7);
  expect(requests.of("ns/job")?.cancelled).toEqual({ jobId: "j", at: 7 });
  requests.remove("ns/job");
  expect(requests.size).toBe(0);
});

test("a change of the parallelism that the CRD drops is known until one is stored", () => {
  const requests = createSentRequests();
  requests.rescaleStored("ns/job", true);
  expect(requests.size).toBe(0);
  requests.rescaleStored("ns/job", false);
  requests.intended("ns/job", ["a"], []);
  requests.intended("ns/job", [], ["a"]);
  expect(requests.of("ns/job")?.dropsRescale).toBe(true);
  requests.rescaleStored("ns/job", true);
  expect(requests.of("ns/job")).toBeUndefined();
});
