import { type Command, InvalidArgumentError } from "commander";
import { restServiceName } from "../../../api/v1beta1/names.ts";
import {
  type ClusterOptions,
  clusterIdOf,
  type Environment,
  findResource,
  namespaceOf,
  withCluster,
} from "../environment.ts";

interface UiOptions extends ClusterOptions {
  readonly port: string;
}

const port = (text: string): string => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new InvalidArgumentError("It must be a port, 0 to 65535.");
  return text;
};

export const addUi = (program: Command, environment: Environment): void => {
  const command = program
    .command("ui")
    .description("Forward a local port to Flink's web interface, until it is interrupted.")
    .argument("<name>", "NAME, or KIND/NAME")
    .option("--port <number>", "the local port", port, "8081");
  withCluster(command).action(async (name: string, options: UiOptions) => {
    const kubectl = environment.kubectl(options);
    const namespace = await namespaceOf(kubectl, options);
    const service = restServiceName(clusterIdOf(await findResource(kubectl, namespace, name)));
    environment.warn(`Flink's web interface: http://localhost:${options.port} (Ctrl-C ends it)`);
    environment.setExitCode(
      await kubectl.attach(["port-forward", "-n", namespace, `service/${service}`, `${options.port}:rest`]),
    );
  });
};
