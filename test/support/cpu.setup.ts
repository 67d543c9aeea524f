/** Notes in the metadata of each test its processor time (of this process, or with TEST_CPU=machine of the machine) and its attempts. */
import { beforeEach } from "vitest";
import { machineCpuMs } from "./machineCpu.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Milliseconds of processor time. */
    cpuMs?: number;
    /** How often it ran: more than once where it failed and is allowed to run again. */
    attempts?: number;
  }
}

const processCpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const used = process.env.TEST_CPU === "machine" ? machineCpuMs : processCpuMs;

beforeEach(({ task }) => {
  const before = used();
  task.meta.attempts = (task.meta.attempts ?? 0) + 1;
  return () => {
    task.meta.cpuMs = (task.meta.cpuMs ?? 0) + used() - before;
  };
});
