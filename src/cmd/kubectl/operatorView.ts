import { type KubeObject, type ResourceType, resourceTypes } from "../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { asFlinkSessionJob } from "../../api/v1beta1/flinksessionjob.ts";
import {
  gatherDeployment,
  gatherJobOfSession,
  type NamespaceView,
  type Reader,
  readNamespace,
} from "../../controllers/gatherOnce.ts";
import { assume } from "../../core/plan/assumedFacts.ts";
import type { Start } from "../../core/plan/foresee.ts";
import { readTextFile } from "../inputFiles.ts";
import { parseOperatorConfig } from "../operatorConfigFile.ts";
import { createReader, findOperatorConfig, type KnownConfig } from "./clusterReader.ts";
import { CommandError } from "./commandError.ts";
import type { Environment } from "./environment.ts";
import type { Kubectl } from "./kubectl.ts";

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

export async function viewAsOperator(
  environment: Environment,
  kubectl: Kubectl,
  resource: KubeObject,
  operatorConfig: string | undefined,
): Promise<OperatorView> {
  const { namespace = "default" } = resource.metadata;
  const { config, remark } = await configOf(kubectl, operatorConfig);
  const reader = createReader(kubectl, config, environment.now);
  const view = await readNamespace(reader, namespace);
  const start = await startOf(reader, view, resource);
  const jobs =
    start.resource.spec.job === undefined && start.facts.session === undefined
      ? view.stores.sessionJobs.by("cluster", `${namespace}/${resource.metadata.name}`)
      : [];
  const sessionJobs = await Promise.all(
    jobs.map((job) => gatherJobOfSession(reader, view, asFlinkSessionJob(job))),
  );
  const unasked = start.facts.flink?.lastFailure?.message;
  const remarks = [
    ...(remark === undefined ? [] : [remark]),
    ...view.unread.filter(({ isAbsent }) => !isAbsent).map(({ type, why }) => `${type.plural}: ${why}`),
    ...(unasked === undefined ? [] : [`the JobManager, through the API server's proxy: ${unasked}`]),
  ];
  const isHidden =
    view.unread.some(({ type }) => essential.includes(type)) ||
    (unasked !== undefined && start.resource.status?.jobManagerDeploymentStatus === "READY");
  return {
    start,
    ...(isHidden ? { assumed: assume(start) } : {}),
    sessionJobs: isHidden ? sessionJobs.map(assume) : sessionJobs,
    remarks: isHidden
      ? [...remarks, "so the cluster is taken to be as the status says, and healthy"]
      : remarks,
  };
}

const { deployment, pod, configMap } = resourceTypes;
const essential: readonly ResourceType[] = [deployment, pod, configMap];

const startOf = (reader: Reader, view: NamespaceView, resource: KubeObject): Promise<Start> =>
  resource.kind === resourceTypes.flinkSessionJob.kind
    ? gatherJobOfSession(reader, view, asFlinkSessionJob(resource))
    : gatherDeployment(reader, view, asFlinkDeployment(resource));

async function configOf(kubectl: Kubectl, file: string | undefined): Promise<KnownConfig> {
  if (file === undefined) return findOperatorConfig(kubectl);
  const config = parseOperatorConfig(readTextFile(file));
  if (typeof config === "string") throw new CommandError(config);
  return { config };
}
