import { expect, it } from "vitest";
import { complaintsOf } from "./complaints.ts";

it("counts complaints without what differs between them", () => {
  const log = [
    "2026-11-30T10:00:00.000Z INFO  started job-00001",
    "2026-11-30T10:00:01.000Z WARN  job-00001 failed after 17 ms",
    "2026-11-30T10:00:02.000Z WARN  job-00002 failed after 18 ms",
    "2026-11-30T10:00:03.000Z ERROR out of luck",
  ].join("\n");
  expect(complaintsOf(log)).toEqual([
    ["WARN  job-N failed after N ms", 2],
    ["ERROR out of luck", 1],
  ]);
});
