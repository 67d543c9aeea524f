import { parseJson } from "../api/exactJson.ts";
import type { KubeObject, ResourceType } from "../api/kubernetes.ts";
import { errorFromEvent } from "./answer.ts";
import type { WatchEvent, WatchOptions } from "./api.ts";
import { KubeError } from "./errors.ts";
import { linesOf } from "./lines.ts";
import { resourcePath } from "./paths.ts";
import type { Transport } from "./transport.ts";

/** The annotation of the bookmark that ends the initial events of a WatchList. */
const initialEventsEnd = "k8s.io/initial-events-end";

/** Opens one watch and yields its events until it ends. */
export async function* watch(
  transport: Transport,
  type: ResourceType,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const path = watchPath(type, options);
  const what = `WATCH ${path}`;
  try {
    for await (const line of linesOf(transport.open({ method: "GET", type, path }, signal))) {
      yield eventOf(what, line);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function watchPath(type: ResourceType, options: WatchOptions): string {
  return resourcePath(
    type,
    { namespace: options.namespace },
    {
      watch: 1,
      allowWatchBookmarks: true,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds,
      sendInitialEvents: options.sendInitialEvents,
      resourceVersionMatch: options.sendInitialEvents ? "NotOlderThan" : undefined,
    },
  );
}

interface WireEvent {
  type: string;
  object: KubeObject;
}

function eventOf(what: string, line: string): WatchEvent {
  const { type, object } = parseEvent(what, line);
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type, object };
    case "BOOKMARK":
      return {
        type,
        resourceVersion: object.metadata.resourceVersion ?? "",
        initialEventsEnd: object.metadata.annotations?.[initialEventsEnd] === "true",
      };
    case "ERROR":
      throw errorFromEvent(what, object);
    default:
      throw new KubeError(0, "Malformed", `${what}: an event of the unknown type "${type}"`);
  }
}

function parseEvent(what: string, line: string): WireEvent {
  try {
    const event = parseJson(line) as Partial<WireEvent> | null;
    // The object of an ERROR event is a Status, which has empty metadata.
    if (typeof event?.type === "string" && event.object?.metadata !== undefined) return event as WireEvent;
  } catch {
    // Reported by the error below.
  }
  throw new KubeError(0, "Malformed", `${what}: a line that is not an event`);
}
