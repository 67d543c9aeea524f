import { cpus } from "node:os";

/** Milliseconds that all processors of this machine have worked since it was started. */
export const machineCpuMs = (): number =>
  cpus().reduce((all, { times: { user, nice, sys, irq } }) => all + user + nice + sys + irq, 0);
