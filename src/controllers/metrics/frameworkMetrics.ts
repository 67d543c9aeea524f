import type { ReconcileReport } from "../../runtime/queue.ts";
import type { Registry } from "../../telemetry/metrics/registry.ts";

export type ResourceEvent = "ADDED" | "UPDATED" | "DELETED";

export interface FrameworkMetrics {
  onReconcile(report: ReconcileReport, kind: string): void;
  onEvent(namespace: string, event: ResourceEvent, kind: string): void;
}

/**
 * Counts of reconciles and watch events, under the names of the framework of the Java operator (REFERENCE 1.27). The
 * framework has one series per resource. Here it is one per namespace, which gives the same sums in dashboards.
 */
export function createFrameworkMetrics(registry: Registry, samples: number): FrameworkMetrics {
  const labels = ["resourcens", "resourcetype"];
  const counter = (name: string, help: string) =>
    registry.counter(`flink_k8soperator_namespace_resource_JOSDK_${name}_Count`, help, labels);
  const times = (how: string) =>
    registry.summary(
      `flink_k8soperator_namespace_JOSDK_reconcile_${how}_TimeSeconds`,
      `How long passes took that ended so: ${how}.`,
      samples,
      labels,
    );
  const reconciles = counter("Reconciliation", "Passes over a resource.");
  const retries = counter("Reconciliation_retries", "Those after a failed one.");
  const finished = counter("Reconciliation_finished", "Those that ended well.");
  const failed = counter("Reconciliation_failed", "Those that failed.");
  const cleanups = counter("Reconciliation_cleanup", "Resources that were cleaned up after.");
  const events = counter("Resource_Event", "Changes of resources that a watch told.");
  const byAction = {
    ADDED: counter("Resource_Event_ADDED", "Resources that came."),
    UPDATED: counter("Resource_Event_UPDATED", "Resources that changed."),
    DELETED: counter("Resource_Event_DELETED", "Resources that went."),
  };
  /** Resources whose last reconcile failed. */
  const failing = new Set<string>();
  const seconds = { finished: times("resource"), failed: times("failed") };

  return {
    onReconcile({ key, error, durationMs }, resourcetype) {
      const whose = `${resourcetype} ${key}`;
      const of = { resourcens: key.split("/", 1)[0] ?? "", resourcetype };
      reconciles.add(of);
      if (failing.delete(whose)) retries.add(of);
      if (error !== undefined) failing.add(whose);
      (error === undefined ? finished : failed).add(of);
      seconds[error === undefined ? "finished" : "failed"].observe(durationMs / 1_000, of);
    },
    onEvent(resourcens, event, resourcetype) {
      const of = { resourcens, resourcetype };
      events.add(of);
      byAction[event].add(of);
      if (event === "DELETED") cleanups.add(of);
    },
  };
}
