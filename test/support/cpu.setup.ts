/** Records the CPU time of each test in its metadata: of this process, or of the machine (TEST_CPU=machine). */
import { beforeEach } from "vitest";
import { machineCpuMs } from "./machineCpu.ts";

declare module "vitest" {
  interface TaskMeta {
    /** CPU time in milliseconds. */
    cpuMs?: number;
  }
}

const processCpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const cpuMs = process.env.TEST_CPU === "machine" ? machineCpuMs : processCpuMs;

beforeEach(({ task }) => {
  const before = cpuMs();
  return () => {
    task.meta.cpuMs = (task.meta.cpuMs ?? 0) + cpuMs() - before;
  };
});
