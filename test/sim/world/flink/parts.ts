import type { Journal } from "../journal.ts";
import type { ApiServer } from "../kubernetes/server.ts";
import type { Random } from "../random.ts";
import type { Programs } from "./program.ts";
import type { Storage } from "./storage.ts";

export interface FlinkParts {
  server: ApiServer;
  storage: Storage;
  journal: Journal;
  random: Random;
  programs: Programs;
  times: { bootMs: number; terminateMs: number };
}

export type EndState = "FINISHED" | "CANCELED" | "FAILED";
