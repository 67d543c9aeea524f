import { type Command, Option } from "commander";
import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { asFlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import { snapshotRequest } from "../../../views/edits.ts";
import type { Output } from "../../../views/format.ts";
import { type Acted, acting } from "../acting.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  namespaceOf,
  printLine,
  withCluster,
  withOutput,
} from "../environment.ts";
import { waitFor } from "../wait.ts";

interface SnapshotOptions extends ClusterOptions {
  readonly output?: Output;
  readonly savepoint?: true;
  readonly checkpoint?: true;
  readonly format?: "CANONICAL" | "NATIVE";
  readonly wait?: true;
}

export const addSnapshot = (program: Command, environment: Environment): void => {
  const command = program
    .command("snapshot")
    .description("Take a snapshot of a running job, as a FlinkStateSnapshot.")
    .argument("<name>", "NAME, or KIND/NAME")
    .option("--savepoint", "a savepoint (default)")
    .addOption(new Option("--checkpoint", "a checkpoint").conflicts(["savepoint", "format"]))
    .addOption(new Option("--format <format>", "of a savepoint").choices(["CANONICAL", "NATIVE"]))
    .option("--wait", "wait until it is complete, and print its path");
  const take = async (told: Environment, name: string, options: SnapshotOptions): Promise<Acted> => {
    const kubectl = environment.kubectl(options);
    const namespace = await namespaceOf(kubectl, options);
    const resource = await findResource(kubectl, namespace, name);
    const created = JSON.parse(
      await kubectl.run(
        ["create", "-n", namespace, "-o", "json", "-f", "-"],
        JSON.stringify(snapshotRequest(resource, options)),
      ),
    ) as KubeObject;
    const snapshot = { ...created, kind: resourceTypes.flinkStateSnapshot.kind };
    const acted = { resource: snapshot, changed: true };
    if (!options.wait) {
      printLine(told, `FlinkStateSnapshot ${namespace}/${created.metadata.name}: requested`);
      return acted;
    }
    told.warn(`FlinkStateSnapshot ${namespace}/${created.metadata.name}: waiting`);
    const path = await waitFor(told, kubectl, snapshot, pathOf);
    printLine(told, path);
    return { ...acted, details: { path } };
  };
  withOutput(withCluster(command)).action((name: string, options: SnapshotOptions) =>
    acting(environment, options.output, (told) => take(told, name, options)),
  );
};

/** Undefined: it is not complete yet. */
function pathOf(object: KubeObject): string | undefined {
  const { state, path, error } = asFlinkStateSnapshot(object).status ?? {};
  if (state === "FAILED" || state === "ABANDONED")
    throw new CommandError(
      `FlinkStateSnapshot ${object.metadata.name} is ${state}: ${error ?? "no reason is known"}`,
    );
  return state === "COMPLETED" ? (path ?? "its path is not known") : undefined;
}
