/** Records CPU time (of this process, or of the machine with TEST_CPU=machine) and attempts of each test in its metadata. */
import { beforeEach } from "vitest";
import { machineCpuMs } from "./machineCpu.ts";

declare module "vitest" {
  interface TaskMeta {
    /** CPU time in milliseconds. */
    cpuMs?: number;
    /** How often it ran: more than once where it failed and is allowed to run again. */
    attempts?: number;
  }
}

const processCpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const cpuMs = process.env.TEST_CPU === "machine" ? machineCpuMs : processCpuMs;

beforeEach(({ task }) => {
  const before = cpuMs();
  task.meta.attempts = (task.meta.attempts ?? 0) + 1;
  return () => {
    task.meta.cpuMs = (task.meta.cpuMs ?? 0) + cpuMs() - before;
  };
});
