import { resourceTypes } from "../api/kubernetes.ts";
import type { FlinkStateSnapshot } from "../api/v1beta1/flinkstatesnapshot.ts";
import { type Reader, readNamespace } from "../controllers/gatherOnce.ts";
import { gatherSnapshotOnce } from "../controllers/gatherSnapshotOnce.ts";
import type { SnapshotStart } from "../core/plan/snapshot/foresee.ts";
import { asReady } from "../core/plan/snapshot/succeed.ts";
import { essential } from "./operatorView.ts";

/** What the operator sees of a FlinkStateSnapshot, as far as the caller may see it. */
export interface SnapshotView {
  /** With a job that can be snapshot, if the caller cannot see that it cannot. */
  readonly start: SnapshotStart;
  /** What is missing, in words. */
  readonly remarks: readonly string[];
}

const { flinkDeployment, flinkSessionJob } = resourceTypes;

/** `remark`: what is not known of the operator's configuration. */
export async function viewOfSnapshot(
  reader: Reader,
  resource: FlinkStateSnapshot,
  remark: string | undefined,
): Promise<SnapshotView> {
  const view = await readNamespace(reader, resource.metadata.namespace ?? "default");
  const { start, job } = await gatherSnapshotOnce(reader, view, resource);
  const failure = job?.facts.flink?.lastFailure;
  const isUnread = (type: (typeof essential)[number]) =>
    view.unread.some((each) => each.type === type && !each.isAbsent);
  const jobType =
    resource.spec.jobReference?.kind === flinkSessionJob.kind ? flinkSessionJob : flinkDeployment;
  const isHidden = essential.some(isUnread) || failure?.status === 403;
  const remarks = [
    ...(remark === undefined ? [] : [remark]),
    ...view.unread.filter(({ isAbsent }) => !isAbsent).map(({ type, why }) => `${type.plural}: ${why}`),
    ...(failure === undefined ? [] : [`the JobManager, through the API server's proxy: ${failure.message}`]),
  ];
  const { facts } = start;
  if (isUnread(jobType) && facts.job === "missing")
    throw new Error(
      `the ${jobType.kind} ${resource.spec.jobReference?.name} cannot be read, which everything depends on: ${remarks.at(-1)}`,
    );
  if (!isHidden || typeof facts.job !== "object" || facts.job.state !== "RUNNING") return { start, remarks };
  return {
    start: { ...start, facts: { ...facts, job: asReady(facts.job) } },
    remarks: [...remarks, "so all tasks of its job are taken to run, as its status says RUNNING"],
  };
}
