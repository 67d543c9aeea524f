/** Rules 7 and 8 of REFERENCE 1.23: JobManager and TaskManagers, and their image. */
import {
  type FlinkDeploymentSpec,
  isSupportedFlinkVersion,
  type PodTemplateSpec,
} from "../../api/v1beta1/flinkdeployment.ts";
import { MAIN_CONTAINER } from "../../api/v1beta1/names.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions, isHighAvailabilityEnabled } from "../../config/flinkOptions.ts";
import { processResources } from "../../config/processResources.ts";
import { parseQuantity } from "../../config/values/quantity.ts";
import { ValueError } from "../../config/values/valueError.ts";
import { jobManagerMemory, taskManagerMemory } from "../build/memory/memory.ts";
import { type Check, isBlank } from "./check.ts";
import { isImageReference } from "./imageReference.ts";
import { either, type ValidationError } from "./validationError.ts";

type Process = "jobManager" | "taskManager";

const derive = { jobManager: jobManagerMemory, taskManager: taskManagerMemory } as const;

/** If the spec has no memory, the configuration must result in an amount. */
export const memory =
  (process: Process): Check =>
  ({ spec, config }) => {
    const given = processResources(spec[process], `spec.${process}`).memory !== undefined;
    if (!given && isSupportedFlinkVersion(spec.flinkVersion)) derive[process](config, spec.flinkVersion);
    return undefined;
  };

/** CPU and memory are amounts above 0, and no limit is below its request. */
export const resources =
  (process: Process): Check =>
  ({ spec }) => {
    const cpu = spec[process]?.resource?.cpu;
    const field = `spec.${process}`;
    if (cpu !== undefined && cpu <= 0) {
      return { field: `${field}.resource.cpu`, message: `must be more than 0, not ${cpu}` };
    }
    processResources(spec[process], field);
    return quantityError(spec, process);
  };

/** For values that are passed to the container unchanged: the API server accepts only quantities. */
function quantityError(spec: FlinkDeploymentSpec, process: Process): ValidationError | undefined {
  const { resource, resources } = spec[process] ?? {};
  const field = `spec.${process}`;
  const storage = resource?.ephemeralStorage;
  const quantities: readonly (readonly [string, string | number])[] = [
    ...(isBlank(storage) ? [] : [[`${field}.resource.ephemeralStorage`, storage ?? ""] as const]),
    ...(["requests", "limits"] as const).flatMap((bound) =>
      Object.entries(resources?.[bound] ?? {})
        .filter(([name]) => name !== "cpu" && name !== "memory")
        .map(([name, quantity]) => [`${field}.resources.${bound}["${name}"]`, quantity] as const),
    ),
  ];
  for (const [at, quantity] of quantities) {
    try {
      parseQuantity(quantity);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      return { field: at, message: error.message };
    }
  }
  return undefined;
}

export const jobManagerReplicas: Check = ({ spec, config }) => {
  const replicas = spec.jobManager?.replicas ?? 1;
  const field = "spec.jobManager.replicas";
  if (replicas < 1) return { field, message: `must be 1 or more, not ${replicas}` };
  return replicas > 1 && !isHighAvailabilityEnabled(config)
    ? {
        field,
        message: `${replicas} JobManagers need high availability: set ${flinkOptions.highAvailability.key} to kubernetes`,
      }
    : undefined;
};

/** With a job, jobHasParallelism checks this. */
export const sessionTaskManagerReplicas: Check = ({ spec }) => {
  const replicas = spec.taskManager?.replicas;
  return spec.job === undefined && replicas !== undefined && replicas < 1
    ? { field: "spec.taskManager.replicas", message: `must be 1 or more, not ${replicas}` }
    : undefined;
};

const pullPolicies = ["Always", "IfNotPresent", "Never"];

export const imagePullPolicy: Check = ({ spec: { imagePullPolicy: policy } }) =>
  policy === undefined || isBlank(policy) || pullPolicies.includes(policy)
    ? undefined
    : { field: "spec.imagePullPolicy", message: `must be ${either(pullPolicies)}, not "${policy}"` };

type Container = { readonly name?: string; readonly image?: string };

const templateImage = (template: PodTemplateSpec | undefined): string | undefined =>
  (template?.spec?.containers as Container[] | undefined)?.find(({ name }) => name === MAIN_CONTAINER)?.image;

/** The API server accepts these: the old job would be stopped before the kubelet rejects the image name. */
export const imagesReadable: Check = ({ spec, config }) => {
  const configured = config.get(flinkOptions.image);
  const images: readonly (readonly [string, string | undefined])[] = [
    ["spec.image", spec.image],
    [flinkOptions.image.key, configured === spec.image ? undefined : configured],
    ...templateImages(spec.podTemplate, "spec.podTemplate"),
    ...templateImages(spec.jobManager?.podTemplate, "spec.jobManager.podTemplate"),
    ...templateImages(spec.taskManager?.podTemplate, "spec.taskManager.podTemplate"),
  ];
  const unreadable = images.find(
    ([, image]) => image !== undefined && !isBlank(image) && !isImageReference(image),
  );
  return (
    unreadable && {
      field: unreadable[0],
      message: `"${shorten(unreadable[1] ?? "")}" is no image: write it as flink:2.2 or registry.example.com/team/flink:2.2`,
    }
  );
};

const shorten = (text: string): string => (text.length <= 80 ? text : `${text.slice(0, 80)}…`);

const templateImages = (template: PodTemplateSpec | undefined, path: string) =>
  (["initContainers", "containers"] as const).flatMap((kind) =>
    ((template?.spec?.[kind] ?? []) as Container[]).map(
      ({ image }, index) => [`${path}.spec.${kind}[${index}].image`, image] as const,
    ),
  );

/** Without an image Flink's own is used, as by the Java operator. A blank one is a mistake. */
export const imageNotBlank: Check = ({ spec, config }) => {
  if (spec.image === undefined || !isBlank(spec.image) || hasImage(spec, config)) return undefined;
  return {
    field: "spec.image",
    message: "is blank: name an image, or leave the field out for Flink's own",
  };
};

const hasImage = (spec: FlinkDeploymentSpec, config: FlinkConfig): boolean =>
  !isBlank(config.get(flinkOptions.image)) ||
  !isBlank(templateImage(spec.podTemplate)) ||
  (!isBlank(templateImage(spec.jobManager?.podTemplate)) &&
    !isBlank(templateImage(spec.taskManager?.podTemplate)));
