import { cpus } from "node:os";

/** The CPU time of all processors of this machine since its start, in milliseconds. */
export const machineCpuMs = (): number =>
  cpus().reduce((all, { times: { user, nice, sys, irq } }) => all + user + nice + sys + irq, 0);
