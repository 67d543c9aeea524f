import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { type KubeObject, type ResourceType, resourceTypes } from "../../../api/kubernetes.ts";
import { redactSecrets } from "../../../api/redact.ts";
import { redactData } from "../../../api/redactData.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { APP_LABEL, MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import { explain } from "../../../core/plan/explanation.ts";
import { formatData, noColours, type Output, printable } from "../../../views/format.ts";
import { statusText } from "../../../views/statusView.ts";
import { type Bundle, contentsText, createBundle, MAX_FILE_BYTES } from "../bundle.ts";
import { listObjects } from "../clusterReader.ts";
import { CommandError, errorText } from "../commandError.ts";
import {
  appLabelOf,
  type ClusterOptions,
  clusterIdOf,
  type Environment,
  findResource,
  getObject,
  namespaceOf,
  print,
  printLine,
  withCluster,
  withOutput,
} from "../environment.ts";
import { explanationText } from "../explanationText.ts";
import { flinkProxyOf } from "../flinkProxy.ts";
import type { Kubectl } from "../kubectl.ts";
import { listOperatorPods, readRecording } from "../operatorPods.ts";
import { viewAsOperator } from "../operatorView.ts";
import { snapshotsOf } from "../snapshotsOf.ts";

interface ReportOptions extends ClusterOptions {
  readonly file?: string;
  readonly tail: string;
  readonly output?: Output;
}

/** Of a cluster with more pods, the logs of the first ones are in a report. */
const MAX_LOGS = 50;

export const addReport = (program: Command, environment: Environment): void => {
  const command = program
    .command("report")
    .description(
      "Write what support needs into a tar.gz of 32 MiB at most: the resource and its objects, Events, logs, Flink's " +
        "configuration, checkpoints and exceptions, the explanation, and what the operator has recorded. Secrets are masked, " +
        "and Secrets are not read. Prints what is in it, and what is not and why.",
    )
    .argument("<name>", "NAME, or KIND/NAME")
    .option(
      "-f, --file <file>",
      "the archive (default: flink-report-NAMESPACE-NAME.tar.gz); it must not exist",
    )
    .option("--tail <lines>", "the last lines of each log; -1: all", "2000");
  withOutput(withCluster(command)).action(async (name: string, options: ReportOptions) => {
    const kubectl = environment.kubectl(options);
    const namespace = await namespaceOf(kubectl, options);
    const resource = await findResource(kubectl, namespace, name);
    const folder = `flink-report-${namespace}-${resource.metadata.name}`;
    const bundle = createBundle();
    await addObjects(bundle, environment, kubectl, resource);
    await addFlink(bundle, kubectl, resource);
    await addLogs(bundle, kubectl, resource, options.tail);
    await addOperator(bundle, kubectl, resource, options.tail);
    const path = options.file ?? `${folder}.tar.gz`;
    write(path, await bundle.pack(folder));
    const contents = bundle.contents();
    print(environment, options.output, { file: path, ...contents }, () => contentsText(contents));
    if (options.output === undefined)
      printLine(environment, `${path}: written; read it before you pass it on`);
  });
};

function write(path: string, archive: Buffer): void {
  try {
    writeFileSync(path, archive, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw new CommandError(
      isThere
        ? `${path} exists already: give another --file`
        : `${path} cannot be written: ${errorText(error)}`,
    );
  }
}

const yaml = (data: unknown): string => formatData(redactData(data), "yaml");
const json = (data: unknown): string => formatData(redactData(data), "json");

async function addObjects(
  bundle: Bundle,
  environment: Environment,
  kubectl: Kubectl,
  resource: KubeObject,
): Promise<void> {
  const { namespace = "", name } = resource.metadata;
  const clusterId = clusterIdOf(resource);
  const title = `${resource.kind} ${namespace}/${name}`;
  const now = environment.now();
  const ofCluster = { namespace, labelSelector: `${APP_LABEL}=${appLabelOf(resource)}` };
  const list = (type: ResourceType) => listObjects(kubectl, type, ofCluster);
  await Promise.all([
    bundle.add("resource.yaml", () => yaml(withoutNoise(resource))),
    bundle.add("status.txt", () =>
      plain(statusText(resource, { pods: [], snapshots: [], unread: [] }, now, noColours)),
    ),
    bundle.add("explain.txt", async () => {
      const { start, assumed, remarks } = await viewAsOperator(environment, kubectl, resource, undefined);
      return plain(explanationText(title, explain(start, assumed), now, noColours, remarks));
    }),
    ...(clusterId === name
      ? []
      : [
          bundle.add("cluster.yaml", async () => {
            const found = await getObject(kubectl, resourceTypes.flinkDeployment, namespace, clusterId);
            if (found === undefined) throw new CommandError(`there is no FlinkDeployment ${clusterId}`);
            return yaml(withoutNoise(found));
          }),
        ]),
    bundle.add("snapshots.yaml", async () => yaml((await snapshotsOf(kubectl, resource)).map(withoutNoise))),
    bundle.add("pods.yaml", async () => yaml((await list(resourceTypes.pod)).map(withoutNoise))),
    bundle.add("deployments.yaml", async () =>
      yaml((await list(resourceTypes.deployment)).map(withoutNoise)),
    ),
    bundle.add("services.yaml", async () => yaml((await list(resourceTypes.service)).map(withoutNoise))),
    bundle.add("configmaps.yaml", async () => yaml((await list(resourceTypes.configMap)).map(withoutNoise))),
    bundle.add("events.yaml", async () => {
      const events = await listObjects(kubectl, resourceTypes.event, { namespace });
      return yaml(events.filter(isAbout(new Set([name, clusterId]))).map(withoutNoise));
    }),
  ]);
}

/** Events of these resources, and of the objects whose names begin with theirs. */
const isAbout =
  (names: ReadonlySet<string>) =>
  (event: KubeObject): boolean => {
    const { name = "" } = (event.involvedObject ?? {}) as { name?: string };
    return [...names].some((each) => name === each || name.startsWith(`${each}-`));
  };

/** Files of jobs are no text, and what kubectl applied last is the spec again. */
function withoutNoise({ binaryData: _, ...object }: KubeObject): KubeObject {
  const { managedFields: __, annotations = {}, ...metadata } = object.metadata;
  const { "kubectl.kubernetes.io/last-applied-configuration": ___, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}

const plain = (text: string): string => printable(redactSecrets(text));

async function addFlink(bundle: Bundle, kubectl: Kubectl, resource: KubeObject): Promise<void> {
  const { namespace = "" } = resource.metadata;
  const flink = flinkProxyOf(kubectl, namespace, clusterIdOf(resource));
  const jobId = asFlinkDeployment(resource).status?.jobStatus?.jobId;
  const paths: Readonly<Record<string, string>> = {
    "flink/jobs.json": "/jobs/overview",
    "flink/version.json": "/config",
    "flink/configuration.json": "/jobmanager/config",
    "flink/taskmanagers.json": "/taskmanagers",
    ...(jobId
      ? {
          "flink/job.json": `/jobs/${jobId}`,
          "flink/exceptions.json": `/jobs/${jobId}/exceptions`,
          "flink/checkpoints.json": `/jobs/${jobId}/checkpoints`,
          "flink/checkpoint-configuration.json": `/jobs/${jobId}/checkpoints/config`,
        }
      : {}),
  };
  await Promise.all(
    Object.entries(paths).map(([file, path]) => bundle.add(file, async () => json(await flink(path)))),
  );
}

/** The logs of the containers, and of those before their last restart, where there was one. */
async function addLogs(bundle: Bundle, kubectl: Kubectl, resource: KubeObject, tail: string): Promise<void> {
  const { namespace = "" } = resource.metadata;
  const pods = await podsOrNone(
    bundle,
    "logs",
    listObjects(kubectl, resourceTypes.pod, {
      namespace,
      labelSelector: `${APP_LABEL}=${appLabelOf(resource)}`,
    }),
  );
  for (const pod of pods.slice(0, MAX_LOGS)) {
    const args = ["logs", "-n", namespace, pod.metadata.name, "-c", MAIN_CONTAINER, `--tail=${tail}`];
    await bundle.add(`logs/${pod.metadata.name}.log`, async () => redactSecrets(await kubectl.run(args)));
    if (hasRestarted(pod))
      await bundle.add(`logs/${pod.metadata.name}.previous.log`, async () =>
        redactSecrets(await kubectl.run([...args, "--previous"])),
      );
  }
}

const hasRestarted = ({ status }: KubeObject): boolean =>
  ((status as { containerStatuses?: { restartCount?: number }[] } | undefined)?.containerStatuses ?? []).some(
    ({ restartCount = 0 }) => restartCount > 0,
  );

async function addOperator(
  bundle: Bundle,
  kubectl: Kubectl,
  resource: KubeObject,
  tail: string,
): Promise<void> {
  const pods = await podsOrNone(bundle, "operator", listOperatorPods(kubectl));
  const running = pods.filter(
    ({ status }) => (status as { phase?: string } | undefined)?.phase === "Running",
  );
  for (const { metadata } of running)
    await bundle.add(`operator/${metadata.name}.log`, async () =>
      redactSecrets(
        await kubectl.run(["logs", "-n", metadata.namespace ?? "", metadata.name, `--tail=${tail}`]),
      ),
    );
  if (running.length > 0)
    await bundle.add("operator/recording.json", () =>
      readRecording(kubectl, running, resource, MAX_FILE_BYTES),
    );
}

async function podsOrNone(
  bundle: Bundle,
  path: string,
  read: Promise<KubeObject[]>,
): Promise<readonly KubeObject[]> {
  try {
    const pods = await read;
    if (pods.length === 0) throw new CommandError("there are no pods");
    return pods;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    await bundle.add(path, () => Promise.reject(error));
    return [];
  }
}
