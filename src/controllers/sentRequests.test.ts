import { expect, test } from "vitest";
import { createSentRequests } from "./sentRequests.ts";

const unsentOf = (requests: ReturnType<typeof createSentRequests>) => [
  ...(requests.of("ns/job")?.unsent ?? []),
];

test("a trigger id that this process wrote down is unsent until it is sent", () => {
  const requests = createSentRequests();
  requests.intended("ns/job", ["a"], []);
  expect(unsentOf(requests)).toEqual(["a"]);
  requests.intended("ns/job", ["a", "b"], ["a"]);
  expect(unsentOf(requests)).toEqual(["a", "b"]);
  requests.sent("ns/job", "a");
  requests.intended("ns/job", ["a", "b"], ["a", "b"]);
  expect(unsentOf(requests)).toEqual(["b"]);
});

test("one that was found in a status may have been sent", () => {
  const requests = createSentRequests();
  requests.intended("ns/job", ["a"], ["a"]);
  expect(requests.of("ns/job")).toBeUndefined();
});

test("nothing is kept of what has ended, nor of a resource that is gone", () => {
  const requests = createSentRequests();
  requests.intended("ns/job", ["a"], []);
  requests.intended("ns/job", [], ["a"]);
  expect(requests.size).toBe(0);
  requests.cancelled("ns/job", "j", 7);
  expect(requests.of("ns/job")?.cancelled).toEqual({ jobId: "j", at: 7 });
  requests.forget("ns/job");
  expect(requests.size).toBe(0);
});
