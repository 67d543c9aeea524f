import { type KubeObject, resourceTypes } from "../api/kubernetes.ts";
import { redactSecrets } from "../api/redact.ts";
import { eventLabels } from "../api/v1beta1/names.ts";
import type { KubeApi } from "../kube/api.ts";
import { isAlreadyExists, isForbidden, isNotFound } from "../kube/errors.ts";
import type { Clock } from "./clock.ts";
import { type EventIdentity, eventName } from "./eventName.ts";
import { createRateLimiter, type Rate } from "./rateLimiter.ts";
import { createRecentMap } from "./recentMap.ts";

export interface EventToRecord extends Pick<EventIdentity, "component" | "reason" | "type"> {
  message: string;
  /** Stands for the message in the event's name, where messages that differ in detail are one event. */
  key?: string;
  /** Does nothing where the event exists already. */
  once?: boolean;
  /** Does nothing where the event was last seen less than this ago, in milliseconds. */
  intervalMs?: number;
  /**
   * When it happened, in milliseconds since the epoch; absent: now. With it, an occurrence that is not newer than the
   * newest one told does nothing.
   */
  at?: number;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
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
  /** Events remembered, so that counting one up takes one request; and as many objects that were told about. */
  memory?: number;
  /** How much may be told about one object; beyond it, events are only counted, and new ones dropped. */
  rate?: Rate;
}

/** What is known of an event on the server. */
interface Known {
  count: number;
  /** Occurrences since then that there was no leave to tell. */
  untold: number;
  /** To the second, as the server has it. */
  lastSeenMs: number;
}

/** A whole upgrade is told in one go; what goes on for ever, twice a minute. */
const defaultRate: Rate = { burst: 30, intervalMs: 30_000 };

/** Far below what the server accepts, far above what anybody reads. */
const longestMessage = 8_192;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { api, clock, onError, memory = 4_096, rate = defaultRate } = options;
  const known = createRecentMap<Known>(memory);
  const limiter = createRateLimiter(rate, clock, memory);
  const inFlight = new Map<string, Promise<void>>();

  async function write(
    id: string,
    namespace: string,
    name: string,
    body: KubeObject,
    event: EventToRecord,
  ): Promise<void> {
    const remembered = known.get(id);
    const object = (body.involvedObject as { uid?: string }).uid ?? "";
    if (remembered !== undefined && isSuppressed(event, remembered, clock.now())) return;
    if (!limiter.take(object)) {
      // Told with the next one of its kind that may be told.
      if (remembered !== undefined) known.set(id, { ...remembered, untold: remembered.untold + 1 });
      return;
    }
    const state = remembered ?? (await createOrLookUp(id, namespace, name, body));
    if (state === undefined || isSuppressed(event, state, clock.now())) return;
    const count = state.count + state.untold + 1;
    try {
      const { message, lastTimestamp, metadata } = body;
      const { labels, annotations } = metadata;
      const change = { count, message, lastTimestamp, metadata: { labels, annotations } };
      await api.mergePatch(resourceTypes.event, namespace, name, change);
      known.set(id, { count, untold: 0, lastSeenMs: seenAt(body) });
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
      known.set(id, { count: 1, untold: 0, lastSeenMs: seenAt(body) });
      return undefined;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    const existing = await api.get(resourceTypes.event, namespace, name);
    const state = {
      count: typeof existing.count === "number" ? existing.count : 1,
      untold: 0,
      lastSeenMs: seenAt(existing),
    };
    known.set(id, state);
    return state;
  }

  return {
    async record(about, event) {
      const namespace = about.metadata.namespace ?? "default";
      const name = nameOf(about, event);
      const id = `${namespace}/${name}`;
      const body = bodyOf(about, event, namespace, name, new Date(event.at ?? clock.now()));
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

const seenAt = ({ lastTimestamp }: KubeObject): number => Date.parse(String(lastTimestamp)) || 0;

function isSuppressed({ once, at, intervalMs }: EventToRecord, { lastSeenMs }: Known, now: number): boolean {
  if (once === true || (at !== undefined && Math.floor(at / 1_000) * 1_000 <= lastSeenMs)) return true;
  return intervalMs !== undefined && now - lastSeenMs < intervalMs;
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

/** By which tools select events; a name that does not fit into a label is only in the involved object. */
function labelsOf({ kind, metadata }: KubeObject, { labels, component, reason }: EventToRecord) {
  const own = {
    [eventLabels.kind]: kind ?? "",
    [eventLabels.name]: metadata.name,
    [eventLabels.component]: component,
    [eventLabels.reason]: reason,
  };
  const fitting = Object.entries(own).filter(([, value]) => isLabelValue.test(value));
  return { ...Object.fromEntries(fitting), ...labels };
}

const isLabelValue = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;

const mapValues = (of: Readonly<Record<string, string>>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, change(value)]));

function bodyOf(
  about: KubeObject,
  event: EventToRecord,
  namespace: string,
  name: string,
  at: Date,
): KubeObject {
  const timestamp = at.toISOString().replace(/\.\d+Z$/, "Z");
  const { apiVersion, kind } = about;
  const { annotations } = event;
  return {
    metadata: {
      name,
      namespace,
      labels: labelsOf(about, event),
      ...(annotations === undefined ? {} : { annotations: mapValues(annotations, redactSecrets) }),
    },
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
