import { describe, expect, it } from "vitest";
import { difference, readAuditLine, totalOf } from "./audit.ts";

const line = (event: object): string =>
  JSON.stringify({
    requestReceivedTimestamp: "2026-11-30T10:00:00.250000Z",
    verb: "create",
    requestURI: "/api/v1/namespaces/jobs/services?fieldManager=x",
    user: { username: "system:serviceaccount:flink-operator:flink-operator" },
    objectRef: { resource: "services", namespace: "jobs", name: "job-1-rest" },
    responseStatus: { code: 201 },
    ...event,
  });

describe("a line of the audit log", () => {
  it("is a request with its user, time, kind and name", () => {
    expect(readAuditLine(line({}))).toEqual({
      user: "system:serviceaccount:flink-operator:flink-operator",
      at: Date.UTC(2026, 10, 30, 10, 0, 0, 250),
      what: "create services",
      isWatch: false,
      name: "job-1-rest",
    });
  });

  it.each([
    [{ verb: "patch", requestURI: "/x?fieldManager=y&force=true" }, "apply services"],
    [{ verb: "patch", requestURI: "/x?fieldManager=y" }, "patch services"],
    [{ verb: "patch", requestURI: "/x?force=true&dryRun=All" }, "dry-run apply services"],
    [{ verb: "create", requestURI: "/x?dryRun=All" }, "dry-run create services"],
    [{ verb: "update", objectRef: { resource: "pods", subresource: "status" } }, "update pods/status"],
  ])("says what %j was", (event, what) => {
    expect(readAuditLine(line({ responseStatus: { code: 200 }, ...event }))?.what).toBe(what);
  });

  it("names the answer to a failed request", () => {
    expect(readAuditLine(line({ responseStatus: { code: 409 } }))?.what).toBe("create services (409)");
  });

  it("may have no name", () => {
    const { name, isWatch } = readAuditLine(line({ verb: "watch", objectRef: { resource: "pods" } })) ?? {};
    expect([name, isWatch]).toEqual(["", true]);
  });

  it("is ignored where it names no kind", () => {
    expect(readAuditLine(line({ objectRef: undefined }))).toBeUndefined();
    expect(readAuditLine("")).toBeUndefined();
  });
});

describe("counts", () => {
  it("are subtracted by what was counted", () => {
    expect(difference({ a: 3, b: 2, c: 1 }, { a: 1, b: 2 })).toEqual({ a: 2, c: 1 });
  });

  it("have a total", () => {
    expect(totalOf({ a: 3, b: 2 })).toBe(5);
  });
});
