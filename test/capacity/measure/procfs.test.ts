import { describe, expect, it } from "vitest";
import { cpuSecondsOf, rssMiBOf, usageOf } from "./procfs.ts";

describe("the use of a process", () => {
  it("adds user and system time", () => {
    const stat = "42 (no) de) S 1 42 42 0 -1 4194560 9 8 7 6 1234 66 5 4 20 0 11 0 100 1 2";
    expect(cpuSecondsOf(stat)).toBe(13);
  });

  it("has resident memory in MiB", () => {
    expect(rssMiBOf("Name:\tnode\nVmHWM:\t 4096 kB\nVmRSS:\t    2048 kB\n")).toBe(2);
  });

  it("is readable for this process", () => {
    const { cpuSeconds, rssMiB } = usageOf(process.pid);
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(rssMiB).toBeGreaterThan(10);
  });
});
