import { type KubeObject, type ResourceType, resourceTypes } from "../api/kubernetes.ts";
import { asFlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import { asFlinkSessionJob } from "../api/v1beta1/flinksessionjob.ts";
import {
  gatherDeployment,
  gatherJobOfSession,
  type NamespaceView,
  type Reader,
} from "../controllers/gatherOnce.ts";
import { assume } from "../core/plan/assumedFacts.ts";
import type { Start } from "../core/plan/foresee.ts";

/** What the operator sees of one resource, as far as the caller may see it. */
export interface OperatorView {
  readonly start: Start;
  /** The same with assumed facts, if the caller cannot see all of them: nothing is concluded from what is not seen. */
  readonly assumed?: Start;
  /** Of a session cluster: its jobs. */
  readonly sessionJobs: readonly Start[];
  /** What is missing, in words. */
  readonly remarks: readonly string[];
}

/** `remark`: what is not known of the operator's configuration. Rejects with an Error if the session cluster of a job cannot be read. */
export async function viewOf(
  reader: Reader,
  view: NamespaceView,
  resource: KubeObject,
  remark: string | undefined,
): Promise<OperatorView> {
  const { namespace = "default" } = resource.metadata;
  const start = await startOf(reader, view, resource);
  const jobs =
    start.resource.spec.job === undefined && start.facts.session === undefined
      ? view.stores.sessionJobs.by("cluster", `${namespace}/${resource.metadata.name}`)
      : [];
  const sessionJobs = await Promise.all(
    jobs.map((job) => gatherJobOfSession(reader, view, asFlinkSessionJob(job))),
  );
  const failure = start.facts.flink?.lastFailure;
  const remarks = [
    ...(remark === undefined ? [] : [remark]),
    ...view.unread.filter(({ isAbsent }) => !isAbsent).map(({ type, why }) => `${type.plural}: ${why}`),
    ...consequencesOf(view, start),
    ...(failure === undefined ? [] : [`the JobManager, through the API server's proxy: ${failure.message}`]),
  ];
  const isHidden = view.unread.some(({ type }) => essential.includes(type)) || failure?.status === 403;
  return {
    start,
    ...(isHidden ? { assumed: assume(start) } : {}),
    sessionJobs: isHidden ? sessionJobs.map(assume) : sessionJobs,
    remarks: isHidden
      ? [...remarks, "so the cluster is taken to be as the status says, and healthy"]
      : remarks,
  };
}

const { deployment, pod, configMap, flinkDeployment, flinkSessionJob, flinkStateSnapshot } = resourceTypes;
export const essential: readonly ResourceType[] = [deployment, pod, configMap];

function startOf(reader: Reader, view: NamespaceView, resource: KubeObject): Promise<Start> {
  if (resource.kind !== flinkSessionJob.kind)
    return gatherDeployment(reader, view, asFlinkDeployment(resource));
  const job = asFlinkSessionJob(resource);
  const unread = unreadOf(view, flinkDeployment);
  if (unread !== undefined)
    throw new Error(
      `the session cluster ${job.spec.deploymentName} of the job cannot be read, which everything depends on: ${unread.why}`,
    );
  return gatherJobOfSession(reader, view, job);
}

/** What is not known of other resources must not look as if there were none. */
const consequencesOf = (view: NamespaceView, { resource, facts }: Start): string[] => [
  ...(unreadOf(view, flinkSessionJob) !== undefined &&
  resource.spec.job === undefined &&
  facts.session === undefined
    ? ["its session jobs are not known, nor what becomes of them"]
    : []),
  ...(unreadOf(view, flinkStateSnapshot) !== undefined
    ? ["its FlinkStateSnapshots are not known: there may be newer snapshots than those that are named"]
    : []),
];

const unreadOf = ({ unread }: NamespaceView, type: ResourceType) =>
  unread.find((each) => each.type === type && !each.isAbsent);
