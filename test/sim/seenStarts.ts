import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import { asFlinkDeployment } from "../../src/api/v1beta1/flinkdeployment.ts";
import { asFlinkSessionJob } from "../../src/api/v1beta1/flinksessionjob.ts";
import { APPROVED_GENERATION_ANNOTATION } from "../../src/api/v1beta1/names.ts";
import {
  gatherDeployment,
  gatherJobOfSession,
  type Reader,
  readNamespace,
} from "../../src/controllers/gatherOnce.ts";
import type { Start } from "../../src/core/plan/foresee.ts";
import { operatorConfigurationOf } from "./operatorProcess.ts";
import { type Step, View } from "./scenario.ts";
import { resourceName } from "./workloads/resource.ts";
import { namespace, type World } from "./world/world.ts";

const stepLimitMs = 20 * 60_000;

/** Waits until a step is done. */
export const waitForStep = async (step: Step, world: World): Promise<void> => {
  const view = new View(world, resourceName);
  if (step.until !== undefined) await world.until(step.name, () => step.until?.(view) === true, stepLimitMs);
  await world.clock.runFor(step.thenWaitMs ?? 0);
};

/** The reads of a user who plans. */
export const readerOf = (world: World): Reader => {
  const caller = world.caller("plan");
  return {
    kube: world.kubeFor(caller),
    flinkOf: () => world.flinkFor(caller),
    config: operatorConfigurationOf(world),
    now: () => world.clock.now(),
  };
};

/** Everything that has a job or a cluster, with its facts. */
export const seenStarts = async (world: World): Promise<Start[]> => {
  const reader = readerOf(world);
  const view = await readNamespace(reader, namespace);
  const starts: Start[] = [];
  for (const resource of view.stores.resources.values())
    starts.push(await gatherDeployment(reader, view, asFlinkDeployment(resource)));
  for (const resource of view.stores.sessionJobs.values())
    starts.push(await gatherJobOfSession(reader, view, asFlinkSessionJob(resource)));
  return starts;
};

/** The same with the spec after the step, if the step has changed it, or has approved an earlier change. */
export const withEdit = (world: World, start: Start): Start[] => {
  const { name, generation, annotations: approvedBefore } = start.resource.metadata;
  const found = world.server.find(start.kind.type, namespace, name) as KubeObject | undefined;
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return [];
  const { annotations } = found.metadata;
  const isApproved =
    annotations?.[APPROVED_GENERATION_ANNOTATION] !== approvedBefore?.[APPROVED_GENERATION_ANNOTATION];
  if (found.metadata.generation === generation && !isApproved) return [];
  const edited =
    start.kind.type === resourceTypes.flinkDeployment ? asFlinkDeployment(found) : asFlinkSessionJob(found);
  return [
    {
      ...start,
      resource: { ...start.resource, metadata: edited.metadata, spec: edited.spec } as Start["resource"],
      specBefore: start.resource.spec,
    },
  ];
};
