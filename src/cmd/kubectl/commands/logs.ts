import { type Command, Option } from "commander";
import { APP_LABEL, COMPONENT_LABEL, components, MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import {
  appLabelOf,
  type ClusterOptions,
  type Environment,
  findResource,
  namespaceOf,
  withCluster,
} from "../environment.ts";

interface LogsOptions extends ClusterOptions {
  readonly follow?: true;
  readonly previous?: true;
  readonly tail: string;
  readonly since?: string;
  readonly component?: "jobmanager" | "taskmanager";
}

/** kubectl follows five pods only, unless it is told another number. */
const MAX_PODS = 200;

export const addLogs = (program: Command, environment: Environment): void => {
  const command = program
    .command("logs")
    .description("Print the logs of the JobManager and all TaskManagers together, each line with its pod.")
    .argument("<name>", "NAME, or KIND/NAME")
    .option("-f, --follow", "go on with what is logged from now on")
    .option("-p, --previous", "those of the containers before their last restart")
    .option("--tail <lines>", "the last lines of each pod; -1: all", "50")
    .option("--since <duration>", "newer than this, such as 5m")
    .addOption(
      new Option("--component <component>", "only these pods").choices([
        components.jobManager,
        components.taskManager,
      ]),
    );
  withCluster(command).action(async (name: string, options: LogsOptions) => {
    const kubectl = environment.kubectl(options);
    const namespace = await namespaceOf(kubectl, options);
    const resource = await findResource(kubectl, namespace, name);
    const component = options.component === undefined ? "" : `,${COMPONENT_LABEL}=${options.component}`;
    const code = await kubectl.attach([
      "logs",
      ...["-n", namespace, "-l", `${APP_LABEL}=${appLabelOf(resource)}${component}`, "-c", MAIN_CONTAINER],
      "--prefix",
      `--tail=${options.tail}`,
      `--max-log-requests=${MAX_PODS}`,
      ...(options.follow ? ["-f"] : []),
      ...(options.previous ? ["--previous"] : []),
      ...(options.since === undefined ? [] : [`--since=${options.since}`]),
    ]);
    environment.setExitCode(code);
  });
};
