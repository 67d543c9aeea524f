import type { Command } from "commander";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { APP_LABEL } from "../../../api/v1beta1/names.ts";
import type { Output } from "../../../views/format.ts";
import {
  fleetTable,
  type Surroundings,
  statusText,
  statusView,
  waveLines,
} from "../../../views/statusView.ts";
import { listObjects } from "../clusterReader.ts";
import { CommandError, errorText } from "../commandError.ts";
import {
  appLabelOf,
  type ClusterOptions,
  type Environment,
  findResource,
  listResources,
  namespaceOf,
  paintOf,
  print,
  tell,
  withCluster,
  withOutput,
} from "../environment.ts";
import type { Kubectl } from "../kubectl.ts";
import { KubectlError } from "../kubectlError.ts";
import { snapshotsOf } from "../snapshotsOf.ts";
import { showOrWatch, withWatch } from "../watch.ts";

interface StatusOptions extends ClusterOptions {
  readonly output?: Output;
  readonly allNamespaces?: true;
  readonly selector?: string;
  readonly watch?: true;
}

export const addStatus = (program: Command, environment: Environment): void => {
  const command = program
    .command("status")
    .description(
      "Show one FlinkDeployment or FlinkSessionJob on one screen. Without a name: all of them as a table, those in trouble first.",
    )
    .argument("[name]", "NAME, or KIND/NAME")
    .option("-A, --all-namespaces", "those of all namespaces")
    .option("-l, --selector <labels>", "those with these labels, in the syntax of kubectl");
  withWatch(withOutput(withCluster(command), ["wide", "json", "yaml"])).action(
    async (name: string | undefined, options: StatusOptions) => {
      const kubectl = environment.kubectl(options);
      if (name === undefined)
        return showOrWatch(environment, options, () => showFleet(environment, kubectl, options));
      if (options.allNamespaces || options.selector !== undefined)
        throw new CommandError(
          "-A and -l are for the table of all resources: leave the name out, or these options",
        );
      const namespace = await namespaceOf(kubectl, options);
      await showOrWatch(environment, options, async () => {
        const resource = await findResource(kubectl, namespace, name);
        const surroundings = await surroundingsOf(kubectl, resource);
        const now = environment.now();
        print(environment, options.output, statusView(resource, now), () =>
          statusText(resource, surroundings, now, paintOf(environment)),
        );
      });
    },
  );
};

/** Two requests to the API server, however many resources there are. What the caller may not list is named. */
async function showFleet(environment: Environment, kubectl: Kubectl, options: StatusOptions): Promise<void> {
  const { allNamespaces = false, selector, output } = options;
  const selection = {
    ...(allNamespaces ? {} : { namespace: await namespaceOf(kubectl, options) }),
    ...(selector === undefined ? {} : { labelSelector: selector }),
  };
  const types = [resourceTypes.flinkDeployment, resourceTypes.flinkSessionJob];
  const answers = await Promise.allSettled(types.map((type) => listResources(kubectl, type, selection)));
  const lists = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const failures = answers.flatMap((answer) =>
    answer.status === "rejected" ? [answer.reason as unknown] : [],
  );
  if (lists.length === 0) throw failures[0];
  for (const failure of failures) tell(environment, `not shown: ${errorText(failure)}`);
  const now = environment.now();
  const views = lists.flat().map((object) => statusView(object, now));
  if (views.length === 0 && output !== "json" && output !== "yaml") {
    if (failures.length === 0)
      environment.warn(`no FlinkDeployment or FlinkSessionJob in ${selection.namespace ?? "any namespace"}`);
    return;
  }
  print(environment, output, views, () => {
    const table = fleetTable(views, { allNamespaces, wide: output === "wide", paint: paintOf(environment) });
    const waves = waveLines(views);
    return waves === "" ? table : `${table}\n${waves}`;
  });
}

async function surroundingsOf(kubectl: Kubectl, resource: KubeObject): Promise<Surroundings> {
  const { namespace = "" } = resource.metadata;
  const unread: string[] = [];
  const orNothing = async (what: string, read: Promise<KubeObject[]>): Promise<KubeObject[]> => {
    try {
      return await read;
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      unread.push(`${what}: ${error.message}`);
      return [];
    }
  };
  const [pods, snapshots] = await Promise.all([
    orNothing(
      "pods",
      listObjects(kubectl, resourceTypes.pod, {
        namespace,
        labelSelector: `${APP_LABEL}=${appLabelOf(resource)}`,
      }),
    ),
    orNothing("snapshots", snapshotsOf(kubectl, resource)),
  ]);
  return { pods, snapshots, unread };
}
