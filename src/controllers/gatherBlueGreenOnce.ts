import type { FlinkBlueGreenDeployment } from "../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment, type FlinkDeployment } from "../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { settingsOf } from "../core/flinkdeployment/specConfiguration.ts";
import type { BlueGreenStart } from "../core/plan/blueGreen/foresee.ts";
import type { SettingsOfChild } from "../core/plan/blueGreen/succeed.ts";
import type { Start } from "../core/plan/foresee.ts";
import { readableSpec } from "../core/spec/lastReconciledSpec.ts";
import { gatherBlueGreen } from "./flinkbluegreendeployment/gather.ts";
import { createValidities } from "./flinkbluegreendeployment/validity.ts";
import { clusterKey } from "./flinkdeployment/gather.ts";
import { deploymentResolver } from "./flinkstatesnapshot/referredJob.ts";
import { gatherDeployment, type NamespaceView, type Reader } from "./gatherOnce.ts";

/** A FlinkBlueGreenDeployment with all facts about it and its FlinkDeployments, as a reconcile sees it now. */
export async function gatherBlueGreenOnce(
  reader: Reader,
  view: NamespaceView,
  resource: FlinkBlueGreenDeployment,
): Promise<BlueGreenStart> {
  const { namespace = "", name } = resource.metadata;
  const { stores, routes } = view;
  const children: Start[] = [];
  for (const child of stores.resources.by("parent", clusterKey(namespace, name)))
    children.push(await gatherDeployment(reader, view, asFlinkDeployment(child)));
  const flink = new Map(
    children.map(({ resource: { metadata }, facts }) => [
      clusterKey(metadata.namespace ?? "", metadata.name),
      facts.flink,
    ]),
  );
  const poller = { facts: (key: string) => flink.get(key), followed: () => undefined };
  const operatorConfig = () => reader.config;
  const { resources } = stores;
  const resolver = deploymentResolver({ resources, stores, poller, restAccess: "pod", operatorConfig });
  const validities = createValidities(operatorConfig);
  const facts = gatherBlueGreen(
    resource,
    { resources, resolver, poller, routes, operatorConfig },
    { unsent: undefined, ...validities.of(resource) },
  );
  return {
    resource,
    facts,
    now: reader.now(),
    validityOf: (changed) => createValidities(operatorConfig).of(changed),
    settingsOf: childSettings(reader.config),
    children,
  };
}

/** What the configuration makes of a FlinkDeployment of a FlinkBlueGreenDeployment. */
export const childSettings =
  (config: FlinkConfig): SettingsOfChild =>
  (child: FlinkDeployment) => {
    const settings = settingsOf(config, child, readableSpec(child));
    const { restPort, managesIngress, reactive, savepointDirectory, savepointFormat, checkpointType } =
      settings;
    return { restPort, managesIngress, reactive, savepointDirectory, savepointFormat, checkpointType };
  };
