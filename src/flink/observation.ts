import type { ObservedPart } from "../api/flinkFacts.ts";

/** What the poller requests from a JobManager: the overview of its jobs, or one part of the facts. */
export type Observation = "jobs" | ObservedPart;
