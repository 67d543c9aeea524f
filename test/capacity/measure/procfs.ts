import { readFileSync } from "node:fs";

/** Ticks of /proc/PID/stat in a second: USER_HZ, which is 100 on every architecture that Node runs on. */
const ticksPerSecond = 100;

/** What a process has used so far. */
export interface ProcessUsage {
  /** User and system time, in seconds, without children. */
  readonly cpuSeconds: number;
  readonly rssMiB: number;
}

/** Of /proc/PID/stat. The name, in parentheses, may contain anything. */
export function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // utime and stime, fields 14 and 15 of proc(5), counted from the state, which is field 3.
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Of /proc/PID/status. */
export function rssMiBOf(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Throws if there is no such process. */
export function usageOf(pid: number): ProcessUsage {
  return {
    cpuSeconds: cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, "utf8")),
    rssMiB: rssMiBOf(readFileSync(`/proc/${pid}/status`, "utf8")),
  };
}
