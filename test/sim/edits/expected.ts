import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { asFlinkDeployment } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { GENERATION_ANNOTATION, LAUNCH_ID_ANNOTATION } from "../../../src/api/v1beta1/names.ts";
import { deployConfig } from "../../../src/config/effectiveConfig.ts";
import { buildFlinkDeployment } from "../../../src/core/build/cluster.ts";
import { operatorConfiguration } from "../operatorProcess.ts";
import type { View } from "../scenario.ts";
import { type Configuration, readConfiguration } from "../world/flink/configuration.ts";
import { clone, differences, dig, type JsonObject, textAt } from "../world/json.ts";
import { rulesOf } from "../world/kubernetes/kinds.ts";
import { namespace } from "../world/world.ts";

/**
 * How the running objects differ from those that the builder gives for the resource's present spec, with the ids of this
 * launch; empty where the edit took effect.
 */
export const differencesFromBuilt = (view: View): string[] => {
  const { resource, world } = view;
  const deployment = world.server.find(resourceTypes.deployment, namespace, view.name);
  if (resource === undefined || deployment === undefined) return ["there is no Deployment"];
  const { annotations = {} } = deployment.metadata;
  const running = runningConfiguration(view);
  const path = running?.get("execution.savepoint.path");
  const deployed = asFlinkDeployment({
    ...resource,
    metadata: { ...resource.metadata, generation: Number(annotations[GENERATION_ANNOTATION]) },
  });
  const built = buildFlinkDeployment({
    resource: deployed,
    config: deployConfig({ operatorConfig: operatorConfiguration, resource: deployed }),
    jobId: running?.get("$internal.pipeline.job-id"),
    launchId: annotations[LAUNCH_ID_ANNOTATION] ?? "",
    restore: path === undefined ? { kind: "none" } : { kind: "savepoint", path },
  });
  const objects = [
    ...built.beforeDeployment,
    { type: resourceTypes.deployment, object: built.deployment },
    ...built.afterDeployment(deployment.metadata.uid),
  ];
  const wrongObjects = objects.flatMap(({ type, object }) => {
    const found = world.server.find(type, namespace, object.metadata.name);
    if (found === undefined) return [`there is no ${type.kind} ${object.metadata.name}`];
    const expected = clone(object) as KubeObject & JsonObject;
    rulesOf(type).default(expected);
    return differences(comparedFields(expected), comparedFields(found)).map((line) => `${type.kind} ${line}`);
  });
  return [...wrongObjects, ...differencesOfProcess(built.beforeDeployment, running)];
};

const comparedFields = ({ metadata, spec, data }: KubeObject): JsonObject => {
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  return { labels, annotations, ownerReferences, spec, data };
};

/** Compares the configuration that the JobManager read when it started. */
const differencesOfProcess = (
  objects: readonly { readonly object: KubeObject }[],
  running: Configuration | undefined,
): string[] => {
  if (running === undefined) return ["there is no JobManager"];
  const files = new Map(
    objects.flatMap(({ object }) =>
      Object.entries((object.data ?? {}) as Record<string, string>).map(
        ([name, text]) => [`/opt/flink/conf/${name}`, text] as const,
      ),
    ),
  );
  const expected = Object.fromEntries(readConfiguration(files) ?? []);
  return differences(expected, Object.fromEntries(running)).map((line) => `the JobManager runs with ${line}`);
};

const runningConfiguration = ({ world, name }: View): Configuration | undefined =>
  [...world.flink.jobManagers.values()].find(({ clock, clusterId }) => clock.alive && clusterId === name)
    ?.configuration;

/** The image that the JobManager's pod runs. */
export const runningImage = ({ world, name }: View): string | undefined =>
  textAt(
    world.server
      .list(resourceTypes.pod, { namespace, labelSelector: `app=${name},component=jobmanager` })
      .flatMap((pod) => dig(pod, "spec", "containers"))
      .find((container) => textAt(container, "name") === "flink-main-container"),
    "image",
  );
