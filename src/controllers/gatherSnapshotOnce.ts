import { asFlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import { asFlinkSessionJob } from "../api/v1beta1/flinksessionjob.ts";
import type { FlinkStateSnapshot } from "../api/v1beta1/flinkstatesnapshot.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import type { Start } from "../core/plan/foresee.ts";
import type { SnapshotStart } from "../core/plan/snapshot/foresee.ts";
import { clusterKey, sessionJobKey } from "./flinkdeployment/gather.ts";
import { gatherSnapshot } from "./flinkstatesnapshot/gather.ts";
import { deploymentResolver } from "./flinkstatesnapshot/referredJob.ts";
import { sessionJobResolver } from "./flinkstatesnapshot/referredSessionJob.ts";
import { gatherDeployment, gatherJobOfSession, type NamespaceView, type Reader } from "./gatherOnce.ts";

/** A FlinkStateSnapshot with all facts about it, as a reconcile sees it now, and its job. */
export interface SnapshotOnce {
  readonly start: SnapshotStart;
  /** Undefined: there is none, or none is named. */
  readonly job: Start | undefined;
}

export async function gatherSnapshotOnce(
  reader: Reader,
  view: NamespaceView,
  resource: FlinkStateSnapshot,
): Promise<SnapshotOnce> {
  const { stores } = view;
  const { resources, sessionJobs, snapshots, dependents } = stores;
  const job = await jobOf(reader, view, resource);
  const { kind, name = "" } = resource.spec.jobReference ?? {};
  const keyOf = kind === "FlinkSessionJob" ? sessionJobKey : clusterKey;
  const key = keyOf(resource.metadata.namespace ?? "", name);
  const poller = {
    facts: (asked: string) => (asked === key ? job?.facts.flink : undefined),
    // What was asked for before, only the operator follows.
    followed: () => undefined,
  };
  const operatorConfig = () => reader.config;
  const sources = { resources, sessionJobs, stores, poller, restAccess: "pod", operatorConfig } as const;
  const facts = gatherSnapshot(resource, {
    snapshots,
    dependents,
    poller,
    operatorConfig,
    resolvers: {
      FlinkDeployment: deploymentResolver(sources),
      FlinkSessionJob: sessionJobResolver(sources),
    },
  });
  const progressCheckIntervalMs = reader.config.get(operatorOptions.progressCheckInterval);
  return { start: { resource, facts, progressCheckIntervalMs, now: reader.now() }, job };
}

async function jobOf(
  reader: Reader,
  view: NamespaceView,
  { metadata, spec }: FlinkStateSnapshot,
): Promise<Start | undefined> {
  const { namespace = "" } = metadata;
  const { kind, name = "" } = spec.jobReference ?? {};
  const { resources, sessionJobs } = view.stores;
  const found = (kind === "FlinkSessionJob" ? sessionJobs : resources).get(namespace, name);
  if (found === undefined || kind === undefined) return undefined;
  return kind === "FlinkSessionJob"
    ? gatherJobOfSession(reader, view, asFlinkSessionJob(found))
    : gatherDeployment(reader, view, asFlinkDeployment(found));
}
