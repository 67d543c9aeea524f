import { availableParallelism, totalmem } from "node:os";

/** The machine that was measured on: "2 cores, 24 GiB". */
export const machine = (): string =>
  `${availableParallelism()} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB`;
