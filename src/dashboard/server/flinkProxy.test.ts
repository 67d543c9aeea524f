import { expect, it } from "vitest";
import { fakeClock } from "../../../test/support/fakeClock.ts";
import { createFlinkTickets, flinkPath } from "./flinkProxy.ts";
import type { Subject } from "./resource/subject.ts";

it.each([
  ["", "/"],
  ["overview", "/overview"],
  ["jobs/00/vertices/", "/jobs/00/vertices/"],
  ["jobs/metrics%20of", "/jobs/metrics%20of"],
  ["v1/config", "/v1/config"],
  ["main.3f8a5c1d.js", "/main.3f8a5c1d.js"],
  ["assets/vs/editor/editor.main.js", "/assets/vs/editor/editor.main.js"],
  ["jobs/00/checkpoints/details/3", "/jobs/00/checkpoints/details/3"],
  ["jobs/00/vertices/11/subtasks/metrics", "/jobs/00/vertices/11/subtasks/metrics"],
  ["taskmanagers/a:6122-1/logs", "/taskmanagers/a%3A6122-1/logs"],
  ["applications/00/jobmanager/config", "/applications/00/jobmanager/config"],
])("passes %j on as %j", (rest, path) => expect(flinkPath(rest)).toBe(path));

it.each([
  "..",
  "a/../b",
  "%2e%2e/x",
  ".%2e",
  ".",
  "a%2fb",
  "a%5cb",
  "a%252e",
  "a//b",
  "/a",
  "%00",
  "%",
  "a%3fb",
  "a%23b",
])("refuses %j", (rest) => expect(() => flinkPath(rest)).toThrow(/no path of Flink/));

it.each([
  "jobs/1/yarn-cancel",
  "jobs/1/yarn-cancel/",
  "jobs/1/yarn-stop/",
  "v1/jobs/1/yarn-stop/",
  "v9/jobs/1/yarn-cancel",
  "jobs/1/clientHeartbeat",
  "applications/1/cancel",
  "what-a-later-flink-has",
  "jobs/1/Yarn-Stop",
  "v1/jobs/1/yarn-stop",
  "jars",
  "jars/",
  "jars/a/plan",
  "v1/jars/a/plan",
])("refuses %j, which acts", (rest) => expect(() => flinkPath(rest)).toThrow(/acts on the job/));

const subjectOf = (key: string): Subject => ({
  caller: { cluster: { name: "one" }, token: `token of ${key}`, key } as Subject["caller"],
  plural: "flinkdeployments",
  namespace: "team",
  name: "orders",
  object: { metadata: { name: "orders" }, spec: { large: "x" } },
});

it("keeps of a ticket who looks at what, for half an hour, or until the caller leaves", async () => {
  const clock = fakeClock();
  const tickets = createFlinkTickets(clock);
  const [a, b] = [tickets.issue(subjectOf("a")), tickets.issue(subjectOf("b"))];
  expect(Object.keys(tickets.use(a) ?? {}).sort()).toEqual(
    ["cluster", "key", "name", "namespace", "plural", "token", "until"].sort(),
  );
  tickets.revoke({ key: "b" });
  expect([tickets.use(b), tickets.use(a)?.token]).toEqual([undefined, "token of a"]);
  await clock.advance(30 * 60_000 + 1);
  expect(tickets.use(a)).toBeUndefined();
});

it("keeps the last 20 tickets of a caller, whose others take none away from anybody", () => {
  const tickets = createFlinkTickets(fakeClock());
  const other = tickets.issue(subjectOf("b"));
  const issued = Array.from({ length: 1_500 }, () => tickets.issue(subjectOf("a")));
  expect(issued.filter((each) => tickets.use(each) !== undefined)).toEqual(issued.slice(-20));
  expect(tickets.use(other)).toBeDefined();
});
