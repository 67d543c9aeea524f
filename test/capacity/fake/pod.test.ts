import { describe, expect, it } from "vitest";
import { addressOf, launchOf, runningStatus } from "./pod.ts";

describe("a fake pod", () => {
  it("has an address of its own", () => {
    expect([1, 256, 65_536].map(addressOf)).toEqual(["127.1.0.1", "127.1.1.0", "127.2.0.0"]);
    const addresses = new Set(Array.from({ length: 70_000 }, (_, index) => addressOf(index + 1)));
    expect(addresses.size).toBe(70_000);
    expect(addresses.has("127.0.0.1")).toBe(false);
  });

  it.each([
    ["flink-conf.yaml", "$internal.pipeline.job-id: abc\nexecution.savepoint.path: file:/sp/1\n"],
    ["config.yaml", `"$internal.pipeline.job-id": "abc"\nexecution.savepoint.path: "file:/sp/1"\n`],
  ])("runs the job of %s", (file, text) => {
    expect(launchOf({ metadata: { name: "x" }, data: { [file]: text } })).toEqual({
      id: "abc",
      restoredFrom: "file:/sp/1",
    });
  });

  it("may begin from nothing", () => {
    const data = { "flink-conf.yaml": "$internal.pipeline.job-id: abc\n" };
    expect(launchOf({ metadata: { name: "x" }, data }).restoredFrom).toBeUndefined();
  });

  it("is ready", () => {
    const pod = { metadata: { name: "x" }, spec: { containers: [{ name: "main", image: "flink" }] } };
    expect(runningStatus(pod, "127.1.0.1", new Date(0))).toMatchObject({
      phase: "Running",
      podIP: "127.1.0.1",
      startTime: "1970-01-01T00:00:00Z",
      containerStatuses: [{ name: "main", ready: true }],
    });
  });
});
