import type { Command } from "commander";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { explainBlueGreen } from "../../../core/plan/blueGreen/explanation.ts";
import { type Explanation, explain } from "../../../core/plan/explanation.ts";
import type { Output } from "../../../views/format.ts";
import { viewBlueGreen } from "../blueGreenView.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  namespaceOf,
  paintOf,
  print,
  withCluster,
  withOutput,
} from "../environment.ts";
import { explanationText } from "../explanationText.ts";
import type { Kubectl } from "../kubectl.ts";
import { viewAsOperator } from "../operatorView.ts";

interface ExplainOptions extends ClusterOptions {
  readonly output?: Output;
  readonly operatorConfig?: string;
}

export const addExplain = (program: Command, environment: Environment): void => {
  const command = program
    .command("explain")
    .description(
      "Say why a resource is in its state: the chain of facts, the operator's decisions, and every snapshot that is known, " +
        "with whether a restart would use it and why not.",
    )
    .argument("<name>", "NAME, or KIND/NAME")
    .option("--operator-config <file>", "the operator's configuration, as for plan");
  withOutput(withCluster(command)).action(async (name: string, options: ExplainOptions) => {
    const kubectl = environment.kubectl(options);
    const namespace = await namespaceOf(kubectl, options);
    const resource = await findResource(kubectl, namespace, name, true);
    const { explanation, remarks } = await explained(environment, kubectl, resource, options);
    print(environment, options.output, { ...explanation, remarks }, () =>
      explanationText(
        `${resource.kind} ${namespace}/${resource.metadata.name}`,
        explanation,
        environment.now(),
        paintOf(environment),
        remarks,
      ),
    );
  });
};

async function explained(
  environment: Environment,
  kubectl: Kubectl,
  resource: KubeObject,
  { operatorConfig }: ExplainOptions,
): Promise<{ readonly explanation: Explanation; readonly remarks: readonly string[] }> {
  if (resource.kind === resourceTypes.flinkBlueGreenDeployment.kind) {
    const { start, remarks } = await viewBlueGreen(environment, kubectl, resource, operatorConfig);
    return { explanation: explainBlueGreen(start), remarks };
  }
  const { start, assumed, remarks } = await viewAsOperator(environment, kubectl, resource, operatorConfig);
  return { explanation: explain(start, assumed), remarks };
}
