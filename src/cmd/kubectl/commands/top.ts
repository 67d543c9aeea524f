import type { Command } from "commander";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import type { Output } from "../../../views/format.ts";
import { readTop, topText } from "../../../views/topView.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  clusterIdOf,
  type Environment,
  findResource,
  namespaceOf,
  paintOf,
  print,
  withCluster,
  withOutput,
} from "../environment.ts";
import { flinkProxyOf } from "../flinkProxy.ts";
import { showOrWatch, withWatch } from "../watch.ts";

interface TopOptions extends ClusterOptions {
  readonly output?: Output;
  readonly watch?: true;
}

export const addTop = (program: Command, environment: Environment): void => {
  const command = program
    .command("top")
    .description(
      "Show how busy a running job is, by Flink's metrics: busy time, back pressure, records, lag of its sources, size of its state.",
    )
    .argument("<name>", "NAME, or KIND/NAME");
  withWatch(withOutput(withCluster(command), ["wide", "json", "yaml"])).action(
    async (name: string, options: TopOptions) => {
      const kubectl = environment.kubectl(options);
      const namespace = await namespaceOf(kubectl, options);
      await showOrWatch(environment, options, async () => {
        const resource = await findResource(kubectl, namespace, name);
        const { spec, status } = asFlinkDeployment(resource);
        if (spec.job == null)
          throw new CommandError(
            `${resource.kind} ${name} is a session cluster: ask for one of its session jobs`,
          );
        const { jobId, state } = status?.jobStatus ?? {};
        if (!jobId || state !== "RUNNING")
          throw new CommandError(
            `the job of ${resource.kind} ${name} does not run (${state ?? "not started"}): kubectl flink explain ${name}`,
          );
        const view = await readTop(flinkProxyOf(kubectl, namespace, clusterIdOf(resource)), jobId);
        print(environment, options.output, view, () =>
          topText(`${resource.kind} ${namespace}/${name}`, view, {
            wide: options.output === "wide",
            paint: paintOf(environment),
          }),
        );
      });
    },
  );
};
