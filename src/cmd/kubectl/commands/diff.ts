import type { Command } from "commander";
import { resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkDeployment, flinkDeploymentSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { flinkSessionJobSpec } from "../../../api/v1beta1/flinksessionjob.ts";
import { diffSpec } from "../../../core/diff/diff.ts";
import { showValue } from "../../../core/diff/text.ts";
import { readLastReconciledSpec } from "../../../core/spec/lastReconciledSpec.ts";
import { formatTable, type Output } from "../../../views/format.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  namespaceOf,
  print,
  withCluster,
  withOutput,
} from "../environment.ts";

interface DiffOptions extends ClusterOptions {
  readonly output?: Output;
}

export const addDiff = (program: Command, environment: Environment): void => {
  const command = program
    .command("diff")
    .description(
      "Compare the spec with what the operator has deployed: what is still to come, or was refused.",
    )
    .argument("<name>", "NAME, or KIND/NAME");
  withOutput(withCluster(command)).action(async (name: string, options: DiffOptions) => {
    const kubectl = environment.kubectl(options);
    const resource = await findResource(kubectl, await namespaceOf(kubectl, options), name);
    const { spec, status } = asFlinkDeployment(resource);
    const type =
      resource.kind === resourceTypes.flinkSessionJob.kind ? flinkSessionJobSpec : flinkDeploymentSpec;
    const deployed = readLastReconciledSpec(status?.reconciliationStatus?.lastReconciledSpec, type);
    if (deployed === undefined) throw new CommandError(`${resource.kind} ${name} was never deployed`);
    const changes = diffSpec(deployed.spec, spec, { type }).changes.map(
      ({ path, before, after, effect }) => ({
        field: `spec.${path}`,
        deployed: showValue(path, before),
        spec: showValue(path, after),
        effect,
      }),
    );
    if (changes.length === 0 && options.output === undefined)
      return environment.warn("it is deployed as the spec says");
    print(environment, options.output, changes, () =>
      formatTable(
        ["FIELD", "DEPLOYED", "SPEC", "EFFECT"],
        changes.map(({ field, deployed: before, spec: after, effect }) => [field, before, after, effect]),
      ),
    );
  });
};
