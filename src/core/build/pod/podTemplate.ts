import type { FlinkDeploymentSpec, PodTemplateSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../../config/flinkConfig.ts";
import { operatorOptions } from "../../../config/operatorOptions.ts";
import { type ContainerResources, processResources } from "../../../config/processResources.ts";
import { asList, asRecord, type JsonObject } from "../json.ts";
import { mergeTrees } from "./mergeTrees.ts";

/** The effective pod template of a spec (NATIVE 2 and 6); undefined if it has none. */

export function jobManagerTemplate(
  spec: FlinkDeploymentSpec,
  config: FlinkConfig,
): PodTemplateSpec | undefined {
  const template = componentTemplate(spec, config, "jobManager");
  return config.get(operatorOptions.jobManagerStartupProbe) ? withStartupProbe(template ?? {}) : template;
}

export const taskManagerTemplate = (
  spec: FlinkDeploymentSpec,
  config: FlinkConfig,
): PodTemplateSpec | undefined => componentTemplate(spec, config, "taskManager");

function componentTemplate(
  spec: FlinkDeploymentSpec,
  config: FlinkConfig,
  component: "jobManager" | "taskManager",
): PodTemplateSpec | undefined {
  const own = spec[component]?.podTemplate;
  const merged =
    spec.podTemplate === undefined || own === undefined
      ? (own ?? spec.podTemplate)
      : (mergeTrees(
          spec.podTemplate,
          own,
          config.get(operatorOptions.podTemplateMergeArraysByName),
        ) as PodTemplateSpec);
  const { container } = processResources(spec[component], `spec.${component}`);
  return container === undefined ? merged : withResources(merged ?? {}, container);
}

/** Resources that Flink does not manage, such as ephemeral-storage. The spec takes precedence over the template. */
const withResources = (template: PodTemplateSpec, { requests, limits, claims }: ContainerResources) =>
  editMainContainer(template, (main) => {
    const resources = asRecord(main.resources);
    return {
      ...main,
      resources: {
        ...resources,
        ...(requests && { requests: { ...asRecord(resources.requests), ...requests } }),
        ...(limits && { limits: { ...asRecord(resources.limits), ...limits } }),
        ...(claims && { claims }),
      },
    };
  });

/** The pod is not ready before the REST API answers, however long the start takes. A user's own probe stays. */
export const withStartupProbe = (template: PodTemplateSpec): PodTemplateSpec =>
  editMainContainer(template, (main) => ({
    ...main,
    startupProbe: main.startupProbe ?? {
      httpGet: { path: "/config", port: "rest" },
      periodSeconds: 1,
      failureThreshold: 2 ** 31 - 1,
    },
  }));

const isMain = (container: unknown): boolean => asRecord(container).name === MAIN_CONTAINER;

/** Changes the container that runs Flink in its position. A missing one is appended. */
function editMainContainer(
  template: PodTemplateSpec,
  edit: (main: JsonObject) => JsonObject,
): PodTemplateSpec {
  const containers = asList(asRecord(template.spec).containers);
  const edited = containers.some(isMain)
    ? containers.map((container) => (isMain(container) ? edit(asRecord(container)) : container))
    : [...containers, edit({ name: MAIN_CONTAINER })];
  return { ...template, spec: { ...template.spec, containers: edited } };
}

/** A pod under construction: the container that runs Flink is kept separate until the end. */
export interface PodDraft {
  readonly metadata: JsonObject;
  readonly spec: JsonObject;
  readonly main: JsonObject;
}

export function openTemplate(template: PodTemplateSpec | undefined): PodDraft {
  const spec = asRecord(template?.spec);
  const containers = asList(spec.containers);
  return {
    metadata: asRecord(template?.metadata),
    spec: { ...spec, containers: containers.filter((container) => !isMain(container)) },
    main: asRecord(containers.find(isMain)),
  };
}

/** The container that runs Flink comes last, as in Flink. */
export const closeDraft = ({ metadata, spec, main }: PodDraft): PodTemplateSpec => ({
  metadata,
  spec: { ...spec, containers: [...asList(spec.containers), main] },
});
