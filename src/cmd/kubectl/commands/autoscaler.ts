import type { Command } from "commander";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { withChangedOptions } from "../../../core/autoscaler/simulate/changedOptions.ts";
import {
  type AutoscalerRecording,
  optionsOfSamples,
  readRecording,
  simulate,
} from "../../../core/autoscaler/simulate/simulate.ts";
import { dataOf, stateConfigMapName } from "../../../core/autoscaler/state/configMap.ts";
import type { Output } from "../../../views/format.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  getObject,
  namespaceOf,
  print,
  withCluster,
  withOutput,
} from "../environment.ts";
import { readManifestFile } from "../manifestFile.ts";
import { collected } from "../options.ts";
import { simulationText } from "../simulationText.ts";

interface Options extends ClusterOptions {
  readonly filename?: string;
  readonly set?: readonly string[];
  readonly output?: Output;
}

export const addAutoscaler = (program: Command, environment: Environment): void => {
  const command = program
    .command("autoscaler")
    .description("Works on the decisions of the autoscaler.")
    .command("simulate")
    .description(
      "Decide again on the metrics that the operator has recorded of a job, with other options, and print both side by side: what " +
        "would have been decided at each sample of the window. The job is taken as it ran, whatever is decided. Nothing is changed.",
    )
    .argument("[name]", "a FlinkDeployment or FlinkSessionJob; its ConfigMap autoscaler-NAME is read")
    .option(
      "-f, --filename <file>",
      'instead of a name: that ConfigMap as YAML or JSON; "-" for standard input',
    )
    .option(
      "--set <key=value>",
      "an option of the autoscaler to change, as job.autoscaler.utilization.target=0.6. May be given several times",
      collected,
    );
  withOutput(withCluster(command)).action(async (name: string | undefined, options: Options) => {
    const { set = [], output } = options;
    const recording = await read(environment, name, options);
    const changed = set.length === 0 ? undefined : withChangedOptions(recording.config, set);
    if (typeof changed === "string") throw new CommandError(`--set: ${changed}`);
    const times = [...recording.samples.keys()];
    const simulation = {
      samples: times.length,
      from: new Date(times[0] ?? 0).toISOString(),
      to: new Date(times.at(-1) ?? 0).toISOString(),
      recorded: simulate(recording, recording.config),
      ...(changed === undefined ? {} : { set, changed: simulate(recording, changed) }),
      remarks: remarksOn(set),
    };
    print(environment, output, asData(simulation), () => simulationText(simulation));
  });
};

/** Data has times as texts. */
const asData = ({ recorded, changed, ...others }: Parameters<typeof simulationText>[0]): object => {
  const texts = (decisions: typeof recorded) =>
    decisions.map(({ at, explanation }) => ({ time: new Date(at).toISOString(), ...explanation }));
  return {
    ...others,
    recorded: texts(recorded),
    ...(changed === undefined ? {} : { changed: texts(changed) }),
  };
};

const remarksOn = (set: readonly string[]): readonly string[] =>
  optionsOfSamples
    .filter((key) => set.some((change) => change.startsWith(`${key}=`)))
    .map((key) => `${key} counts when a sample is taken: it changes nothing of the recorded ones`);

async function read(
  environment: Environment,
  name: string | undefined,
  options: Options,
): Promise<AutoscalerRecording> {
  const { filename } = options;
  if ((name === undefined) === (filename === undefined))
    throw new CommandError("what is to be simulated? Give the name of a resource, or -f FILE");
  const { what, object } =
    filename === undefined ? await fromCluster(environment, name ?? "", options) : fromFile(filename);
  const recording = readRecording(dataOf(object));
  if (typeof recording === "string") throw new CommandError(`${what} cannot be simulated: ${recording}`);
  return recording;
}

interface Found {
  readonly what: string;
  readonly object: KubeObject;
}

async function fromCluster(environment: Environment, given: string, options: Options): Promise<Found> {
  const name = given.split("/").at(-1) ?? "";
  const kubectl = environment.kubectl(options);
  const namespace = await namespaceOf(kubectl, options);
  const configMap = stateConfigMapName(name);
  const object = await getObject(kubectl, resourceTypes.configMap, namespace, configMap);
  if (object !== undefined) return { what: `the ConfigMap ${configMap}`, object };
  throw new CommandError(
    `there is no ConfigMap ${configMap} in the namespace ${namespace}: the job ${name} is not autoscaled, or has not been measured yet`,
  );
}

function fromFile(filename: string): Found {
  const { name, objects } = readManifestFile(filename);
  const [only, ...others] = objects.filter((object) => object?.kind === resourceTypes.configMap.kind);
  if (only === undefined || others.length > 0)
    throw new CommandError(
      `${name} must hold one ConfigMap autoscaler-NAME, as kubectl get configmap -o yaml prints it, and holds ${only === undefined ? "none" : others.length + 1}`,
    );
  return { what: name, object: only };
}
