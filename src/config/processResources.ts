import type { Resource, ResourceRequirements } from "../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "./buildError.ts";
import { formatMemorySize, parseMemorySize } from "./values/memorySize.ts";
import { parseQuantity, quantityToBytes, quantityToNumber } from "./values/quantity.ts";
import { ValueError } from "./values/valueError.ts";

/** The two fields of a JobManager or TaskManager spec with its resources. */
export interface ProcessSpec {
  readonly resource?: Resource | undefined;
  readonly resources?: ResourceRequirements | undefined;
}

type Amounts = Readonly<Record<string, string | number>>;

/** The resulting resources: Flink manages CPU and memory, everything else is copied to the container. */
export interface ProcessResources {
  readonly cpu?: number;
  /** In Flink's format. */
  readonly memory?: string;
  readonly cpuLimitFactor?: number;
  readonly memoryLimitFactor?: number;
  readonly container?: ContainerResources;
}

export interface ContainerResources {
  readonly requests?: Amounts;
  readonly limits?: Amounts;
  readonly claims?: readonly unknown[];
}

/** `resources` replaces the deprecated `resource` if it has a request or a limit. */
export function processResources(spec: ProcessSpec | undefined, field: string): ProcessResources {
  const { resource, resources } = spec ?? {};
  const names = [...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})];
  if (resources !== undefined && names.length > 0) return fromResources(resources, `${field}.resources`);
  return resource === undefined || resource === null ? {} : fromResource(resource, `${field}.resource`);
}

function fromResource({ cpu, memory, ephemeralStorage }: Resource, field: string): ProcessResources {
  const storage = ephemeralStorage?.trim() ? { "ephemeral-storage": ephemeralStorage } : undefined;
  return {
    ...(cpu == null ? {} : { cpu }),
    ...(memory == null ? {} : { memory: readMemory(memory, `${field}.memory`).text }),
    ...(storage === undefined ? {} : { container: { requests: storage, limits: storage } }),
  };
}

function fromResources(resources: ResourceRequirements, field: string): ProcessResources {
  const { cpu: cpuRequest, memory: memoryRequest, ...requests } = (resources.requests ?? {}) as Amounts;
  const { cpu: cpuLimit, memory: memoryLimit, ...limits } = (resources.limits ?? {}) as Amounts;
  const cpu = amount(cpuRequest, cpuLimit, `${field}.requests.cpu`, `${field}.limits.cpu`, readCpu);
  const memory = amount(
    memoryRequest,
    memoryLimit,
    `${field}.requests.memory`,
    `${field}.limits.memory`,
    readMemory,
  );
  const container: ContainerResources = {
    ...(isEmpty(requests) ? {} : { requests }),
    ...(isEmpty(limits) ? {} : { limits }),
    ...(resources.claims?.length ? { claims: resources.claims } : {}),
  };
  return {
    ...(cpu === undefined ? {} : { cpu: cpu.value.number }),
    ...(cpu?.factor === undefined ? {} : { cpuLimitFactor: cpu.factor }),
    ...(memory === undefined ? {} : { memory: memory.value.text }),
    ...(memory?.factor === undefined ? {} : { memoryLimitFactor: memory.factor }),
    ...(isEmpty(container) ? {} : { container }),
  };
}

const isEmpty = (object: object): boolean => Object.keys(object).length === 0;

interface Reading {
  readonly number: number;
  readonly text: string;
}

type Read = (text: string | number, field: string) => Reading;

/** The request, or the limit if there is no request. With both, also the ratio of limit and request. */
function amount(
  request: string | number | undefined,
  limit: string | number | undefined,
  requestField: string,
  limitField: string,
  read: Read,
): { readonly value: Reading; readonly factor?: number } | undefined {
  const requested = request === undefined ? undefined : read(request, requestField);
  const limited = limit === undefined ? undefined : read(limit, limitField);
  if (requested === undefined) return limited && { value: limited };
  if (limited === undefined) return { value: requested };
  if (limited.number < requested.number) {
    throw new BuildError(limitField, `${limitField}: ${limit} is less than the request of ${request}`);
  }
  return { value: requested, factor: limited.number / requested.number };
}

function readCpu(text: string | number, field: string): Reading {
  const cpu = tryRead(() => quantityToNumber(parseQuantity(text)));
  if (cpu === undefined) {
    throw new BuildError(field, `${field}: "${text}" is no amount of CPU: write cores, as 0.5, or 500m`);
  }
  positive(field, text, cpu);
  return { number: cpu, text: String(text) };
}

/**
 * Reads Flink's format first: 2048m are mebibytes, 2g are gibibytes. Everything else is a Kubernetes quantity, in any case,
 * with optional blanks and a final "B" (REFERENCE 1.21). Limits are read the same way, so that their ratio is correct.
 */
export function readMemory(text: string | number, field: string): Reading {
  const flink = tryRead(() => parseMemorySize(String(text)));
  const bytes = flink ?? tryRead(() => quantityToBytes(parseQuantity(asQuantity(String(text)))));
  if (bytes === undefined) {
    throw new BuildError(
      field,
      `${field}: "${text}" is no amount of memory: write 2048m or 2g, as Flink does, or 2Gi, as Kubernetes does`,
    );
  }
  positive(field, text, Number(bytes));
  return { number: Number(bytes), text: flink === undefined ? `${bytes}` : formatMemorySize(bytes) };
}

const asQuantity = (text: string): string =>
  text
    .replaceAll(/\s/g, "")
    .toUpperCase()
    .replace(/(?<=.)B$/, "")
    .replace(/I$/, "i");

function positive(field: string, text: string | number, value: number): void {
  if (value <= 0) throw new BuildError(field, `${field}: ${text} must be more than 0`);
}

function tryRead<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return undefined;
  }
}
