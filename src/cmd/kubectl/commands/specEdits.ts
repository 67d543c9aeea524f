import type { Command } from "commander";
import type { KubeObject } from "../../../api/kubernetes.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { restartPatch, resumePatch, type SpecPatch, suspendPatch } from "../../../views/edits.ts";
import type { Output } from "../../../views/format.ts";
import { acting } from "../acting.ts";
import { refuseBlueGreenChild } from "../blueGreenChild.ts";
import { CommandError } from "../commandError.ts";
import {
  type ClusterOptions,
  type Environment,
  findResource,
  fullName,
  namespaceOf,
  printLine,
  withCluster,
  withOutput,
} from "../environment.ts";
import type { Kubectl } from "../kubectl.ts";
import { untilSettled } from "../wait.ts";

interface EditOptions extends ClusterOptions {
  readonly output?: Output;
  readonly wait?: true;
}

/** A command that edits the spec of one resource. */
export interface SpecEdit {
  readonly name: string;
  readonly description: string;
  /** The merge patch of the spec, or what is already so, in words. */
  readonly patch: SpecPatch;
  /** What is said once the edit is made. */
  readonly done: string;
  /** It makes sense without a job of its own, too. */
  readonly forSessionClusters?: true;
}

export function addSpecEdit(program: Command, environment: Environment, edit: SpecEdit): void {
  const command = program
    .command(edit.name)
    .description(edit.description)
    .argument("<name>", "NAME, or KIND/NAME")
    .option("--wait", "wait until it is done");
  withOutput(withCluster(command)).action((name: string, options: EditOptions) =>
    acting(environment, options.output, async (told) => {
      const kubectl = environment.kubectl(options);
      const namespace = await namespaceOf(kubectl, options);
      const resource = await findResource(kubectl, namespace, name);
      const changed = await patchSpec(told, kubectl, resource, edit);
      if (changed && options.wait) await untilSettled(told, kubectl, resource);
      return { resource, changed };
    }),
  );
}

/** Resolves to whether there was anything to edit. */
export async function patchSpec(
  environment: Environment,
  kubectl: Kubectl,
  resource: KubeObject,
  { patch, done, forSessionClusters }: Omit<SpecEdit, "name" | "description">,
): Promise<boolean> {
  const { namespace = "", name } = resource.metadata;
  if (asFlinkDeployment(resource).spec.job == null && forSessionClusters !== true)
    throw new CommandError(
      `${resource.kind} ${name} is a session cluster: suspend and resume its session jobs`,
    );
  refuseBlueGreenChild(resource);
  const spec = patch(resource);
  if (typeof spec === "string") {
    environment.warn(spec);
    return false;
  }
  const body = JSON.stringify({ spec });
  await kubectl.run(["patch", fullName(resource), name, "-n", namespace, "--type=merge", "-p", body]);
  printLine(environment, `${resource.kind} ${namespace}/${name}: ${done}`);
  return true;
}

export const suspendEdit: SpecEdit = {
  name: "suspend",
  description:
    "Suspend the job (spec.job.state): it is stopped as its upgrade mode says, and can be resumed.",
  patch: suspendPatch,
  done: "is to be suspended",
};

export const resumeEdit: SpecEdit = {
  name: "resume",
  description: "Resume a suspended job (spec.job.state), from where it was suspended.",
  patch: resumePatch,
  done: "is to run",
};

export const restartEdit: SpecEdit = {
  name: "restart",
  description: "Restart the job, or the session cluster (spec.restartNonce), as an upgrade without a change.",
  patch: restartPatch,
  done: "is to restart",
  forSessionClusters: true,
};
