import type { ObservedPart } from "../api/flinkFacts.ts";

/** What a JobManager can be asked: the overview of its jobs, or one part of the facts. */
export type Observation = "jobs" | ObservedPart;
