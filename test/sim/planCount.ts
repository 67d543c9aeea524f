/** How many plans of a test passed, and which failed; input of the totals. */
export interface PlanCount {
  kind: string;
  workload: string;
  passed: number;
  failed: string[];
}

declare module "vitest" {
  interface TaskMeta {
    plans?: PlanCount;
  }
}
