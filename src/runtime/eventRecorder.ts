import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { redactSecrets } from "../api/redact.ts";
import type { KubeApi } from "../kube/api.ts";
import { isAlreadyExists, isForbidden, isNotFound } from "../kube/errors.ts";
import type { Clock } from "./clock.ts";
import { type EventIdentity, eventName } from "./eventName.ts";

export interface EventToRecord extends Pick<EventIdentity, "component" | "reason" | "type"> {
  message: string;
  /** Stands for the message in the event's name, where messages that differ in detail are one event. */
  key?: string;
  /** Does nothing where the event exists already. */
  once?: boolean;
  /** Does nothing where the event was last seen less than this ago, in milliseconds. */
  intervalMs?: number;
  labels?: Record<string, string>;
}

export interface EventRecorder {
  /**
   * Records an event about an object (which needs its kind, apiVersion, uid and namespace). One that exists is
   * counted up. Never rejects: an event that cannot be written is no reason to fail a pass.
   */
  record(about: KubeObject, event: EventToRecord): Promise<void>;
}

export interface EventRecorderOptions {
  api: Pick<KubeApi, "create" | "get" | "mergePatch">;
  clock: Clock;
  /** Called where an event could not be written, except for want of the right to (403). */
  onError?: (error: unknown, event: EventToRecord) => void;
  /** Events remembered, so that counting one up takes one request. */
  memory?: number;
}

/** What is known of an event on the server. */
interface Known {
  count: number;
  lastSeenMs: number;
}

/** Far below what the server accepts, far above what anybody reads. */
const longestMessage = 8_192;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { api, clock, onError, memory = 4_096 } = options;
  const known = new Map<string, Known>();
  const inFlight = new Map<string, Promise<void>>();

  function remember(id: string, state: Known): void {
    known.delete(id);
    known.set(id, state);
    const [oldest] = known.keys();
    if (known.size > memory && oldest !== undefined) known.delete(oldest);
  }

  async function write(
    id: string,
    namespace: string,
    name: string,
    body: KubeObject,
    event: EventToRecord,
  ): Promise<void> {
    const state = known.get(id) ?? (await createOrLookUp(id, namespace, name, body));
    if (state === undefined || isSuppressed(event, state, clock.now())) return;
    const count = state.count + 1;
    try {
      const { message, lastTimestamp } = body;
      await api.mergePatch(resourceTypes.event, namespace, name, { count, message, lastTimestamp });
      remember(id, { count, lastSeenMs: clock.now() });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // The server forgets events after an hour.
      known.delete(id);
      await createOrLookUp(id, namespace, name, body);
    }
  }

  /** Creates the event; where it exists already, what the server knows of it. */
  async function createOrLookUp(
    id: string,
    namespace: string,
    name: string,
    body: KubeObject,
  ): Promise<Known | undefined> {
    try {
      await api.create(resourceTypes.event, body);
      remember(id, { count: 1, lastSeenMs: clock.now() });
      return undefined;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    const existing = await api.get(resourceTypes.event, namespace, name);
    const state = {
      count: typeof existing.count === "number" ? existing.count : 1,
      lastSeenMs: Date.parse(String(existing.lastTimestamp)) || 0,
    };
    remember(id, state);
    return state;
  }

  return {
    async record(about, event) {
      const namespace = about.metadata.namespace ?? "default";
      const name = nameOf(about, event);
      const id = `${namespace}/${name}`;
      const body = bodyOf(about, event, namespace, name, new Date(clock.now()));
      // One after the other for the same event, or the count would lose some.
      const done = (inFlight.get(id) ?? Promise.resolve()).then(async () => {
        try {
          await write(id, namespace, name, body, event);
        } catch (error) {
          if (!isForbidden(error)) onError?.(error, event);
        }
      });
      inFlight.set(id, done);
      await done;
      if (inFlight.get(id) === done) inFlight.delete(id);
    },
  };
}

function isSuppressed(event: EventToRecord, state: Known, now: number): boolean {
  return event.once === true || (event.intervalMs !== undefined && now - state.lastSeenMs < event.intervalMs);
}

function nameOf({ kind = "", metadata }: KubeObject, event: EventToRecord): string {
  const { component, reason, type, key, message } = event;
  const keyOrMessage = key ?? message;
  return eventName({
    component,
    reason,
    keyOrMessage,
    type,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? "",
  });
}

function bodyOf(
  about: KubeObject,
  event: EventToRecord,
  namespace: string,
  name: string,
  at: Date,
): KubeObject {
  const timestamp = at.toISOString().replace(/\.\d+Z$/, "Z");
  const { apiVersion, kind } = about;
  return {
    metadata: event.labels === undefined ? { name, namespace } : { name, namespace, labels: event.labels },
    involvedObject: { apiVersion, kind, namespace, name: about.metadata.name, uid: about.metadata.uid },
    type: event.type,
    reason: event.reason,
    message: redactSecrets(event.message).slice(0, longestMessage),
    count: 1,
    firstTimestamp: timestamp,
    lastTimestamp: timestamp,
    source: { component: event.component },
  };
}
