import { type KubeObject, type ResourceType, resourceTypes } from "../../../../src/api/kubernetes.ts";
import type {
  DeleteOptions,
  JsonPatchOperation,
  KubeApi,
  KubeList,
  ListOptions,
  PodLogOptions,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "../../../../src/kube/api.ts";
import { isNotFound, KubeError } from "../../../../src/kube/errors.ts";
import { clone, freeze, textAt } from "../json.ts";
import type { Caller, FaultResponses, Network } from "../network.ts";
import { badRequest, noAnswer } from "./refusal.ts";
import type { ApiServer } from "./server.ts";
import { type WatchBehavior, WatchStream } from "./watch.ts";

const oneWayMs = 3;
const deadlineMs = 30_000;

const responses: FaultResponses = {
  refused: () => new KubeError(0, "Refused", "connection refused"),
  timeout: () => new KubeError(0, "Timeout", "no answer in time"),
  broken: () => noAnswer("the connection broke"),
  status: (status) =>
    new KubeError(
      status,
      {
        404: "NotFound",
        409: "Conflict",
        429: "TooManyRequests",
        500: "InternalError",
        503: "ServiceUnavailable",
      }[status],
      "injected fault",
      status === 429 ? { retryAfterSeconds: 1 } : {},
    ),
};

/** What somebody else writes to an object of the operator just before the operator does. */
export const foreignLabel = "example.com/seen-by";

/** The logs of a pod's main container, one text for each run, the oldest first. */
type PodLogs = (pod: string) => readonly string[];

/**
 * The client of one incarnation of the operator for the simulated API server. Requests are copied, as by serialization.
 * Responses are the stored objects, which are frozen, so they need no copy.
 */
export class SimulatedKubeApi implements KubeApi {
  readonly #server: ApiServer;
  readonly #network: Network;
  readonly #caller: Caller;
  readonly #watchBehavior: WatchBehavior;
  readonly #logs: PodLogs;

  constructor(
    server: ApiServer,
    network: Network,
    caller: Caller,
    watchBehavior: WatchBehavior,
    logs: PodLogs,
  ) {
    this.#logs = logs;
    this.#server = server;
    this.#network = network;
    this.#caller = caller;
    this.#watchBehavior = watchBehavior;
  }

  get(type: ResourceType, namespace: string, name: string): Promise<KubeObject> {
    return this.#read(`get ${type.kind} ${name}`, () => this.#server.get(type, namespace, name));
  }

  list(type: ResourceType, options: ListOptions = {}): Promise<KubeList> {
    return this.#read(`list ${type.kind}`, () => ({
      resourceVersion: String(this.#server.store.revision),
      items: this.#server.list(type, options),
    }));
  }

  newestVersion(type: ResourceType): Promise<string> {
    return this.#read(`newest version of ${type.kind}`, () => String(this.#server.store.revision));
  }

  create(type: ResourceType, object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const sent = clone(object);
    return this.#write("create", type, object.metadata, options, () =>
      this.#server.create(this.#caller.actor, type, sent, options),
    );
  }

  apply(type: ResourceType, object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const sent = clone(object);
    return this.#write("apply", type, object.metadata, options, () =>
      this.#server.apply(this.#caller.actor, type, sent, options),
    );
  }

  replaceStatus(type: ResourceType, object: KubeObject): Promise<KubeObject> {
    const sent = clone(object);
    return this.#write("replace-status", type, object.metadata, {}, () =>
      this.#server.replaceStatus(this.#caller.actor, type, sent),
    );
  }

  mergePatch(
    type: ResourceType,
    namespace: string,
    name: string,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const sent = clone(patch);
    return this.#write("patch", type, { namespace, name }, options, () =>
      this.#server.mergePatch(this.#caller.actor, type, namespace, name, sent, options),
    );
  }

  jsonPatch(
    type: ResourceType,
    namespace: string,
    name: string,
    operations: readonly JsonPatchOperation[],
  ): Promise<KubeObject> {
    const sent = clone(operations);
    return this.#write("patch", type, { namespace, name }, {}, () =>
      this.#server.jsonPatch(this.#caller.actor, type, namespace, name, sent),
    );
  }

  async delete(
    type: ResourceType,
    namespace: string,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    try {
      await this.#call(
        `delete ${type.kind} ${name}`,
        true,
        () => this.#server.delete(this.#caller.actor, type, namespace, name, options),
        () => this.#writeElsewhere(type, { namespace, name }),
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  podLog(namespace: string, pod: string, { previous, container }: PodLogOptions): Promise<string> {
    return this.#read(`log ${pod}`, () => {
      const { status } = this.#server.get(resourceTypes.pod, namespace, pod);
      const last = textAt(status, "containerStatuses", 0, "lastState", "terminated", "reason");
      if (previous && last === undefined) {
        throw badRequest(`previous terminated container "${container}" in pod "${pod}" not found`);
      }
      const written = this.#logs(pod).at(previous ? -2 : -1) ?? "";
      return previous ? `${written}the container ended: ${last}\n` : `${written}the container runs\n`;
    });
  }

  watch(type: ResourceType, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent> {
    return new WatchStream(
      this.#server.store,
      this.#caller.clock,
      type,
      options,
      signal,
      this.#watchBehavior,
    );
  }

  #read<T>(operation: string, effect: () => T): Promise<T> {
    return this.#call(operation, false, effect);
  }

  #write(
    verb: string,
    type: ResourceType,
    key: Pick<KubeObject["metadata"], "namespace" | "name">,
    options: WriteOptions,
    effect: () => KubeObject,
  ): Promise<KubeObject> {
    const operation = `${verb} ${type.kind} ${key.name}${options.dryRun ? " (dry run)" : ""}`;
    return this.#call(
      operation,
      options.dryRun !== true,
      () => freeze(effect()),
      () => this.#writeElsewhere(type, key),
    );
  }

  #writeElsewhere(
    type: ResourceType,
    { namespace = "", name }: Pick<KubeObject["metadata"], "namespace" | "name">,
  ): boolean {
    if (this.#server.find(type, namespace, name) === undefined) return false;
    const labels = { [foreignLabel]: "somebody-else" };
    this.#server.mergePatch("somebody-else", type, namespace, name, { metadata: { labels } });
    return true;
  }

  #call<T>(operation: string, mutates: boolean, effect: () => T, writeElsewhere?: () => boolean): Promise<T> {
    return this.#network.call(
      this.#caller,
      { operation, mutates, to: "kubernetes", oneWayMs, deadlineMs },
      effect,
      writeElsewhere === undefined ? responses : { ...responses, writeElsewhere },
    );
  }
}
