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
  /** Replaces the message in the event's name, if messages that differ only in details are one event. */
  key?: string;
  /** Does nothing if the event exists. */
  once?: boolean;
  /** Does nothing if the event was last recorded less than this ago, in milliseconds. */
  intervalMs?: number;
  /** A label by which the event is recorded within `intervalMs` all the same, if its value differs from the last one. */
  changeLabel?: string;
  /**
   * When it happened, in milliseconds since the epoch. Absent: now. If it is set, an occurrence that is not newer than the
   * last recorded one does nothing.
   */
  at?: number;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
}

export interface EventRecorder {
  /**
   * Records an event about an object (which needs its kind, apiVersion, uid and namespace). If the event exists, increments
   * its count. Never rejects: an event that cannot be written is no reason to fail a reconcile.
   */
  record(about: KubeObject, event: EventToRecord): Promise<void>;
  /** How many events are being recorded. Those that were are cached, up to `cacheSize`. */
  readonly inFlight: number;
}

export interface EventRecorderOptions {
  api: Pick<KubeApi, "create" | "get" | "mergePatch">;
  clock: Clock;
  /** Called if an event could not be written, except for a missing permission (403). */
  onError?: (error: unknown, event: EventToRecord) => void;
  /** How many events are cached, so that an increment takes one request, and for how many objects the rate is limited. */
  cacheSize?: number;
  /** The rate limit for the events of one object. Beyond it, known events are only counted, and new ones are dropped. */
  rate?: Rate;
}

/** The cached state of an event on the server. */
interface KnownEvent {
  count: number;
  /** Occurrences since then that the rate limit suppressed. */
  unreported: number;
  /** With a precision of a second, as on the server. */
  lastSeenMs: number;
  labels: Readonly<Record<string, string>>;
}

/** Enough for all events of an upgrade in a burst; repeated events are recorded twice a minute. */
const defaultRate: Rate = { burst: 30, intervalMs: 30_000 };

/** Far below the limit of the server, far above what people read. */
const maxMessageLength = 8_192;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { api, clock, onError, cacheSize = 4_096, rate = defaultRate } = options;
  const known = createRecentMap<KnownEvent>(cacheSize);
  const limiter = createRateLimiter(rate, clock, cacheSize);
  const inFlight = new Map<string, Promise<void>>();

  async function write(
    id: string,
    namespace: string,
    name: string,
    body: KubeObject,
    event: EventToRecord,
  ): Promise<void> {
    const cached = known.get(id);
    const object = (body.involvedObject as { uid?: string }).uid ?? "";
    if (cached !== undefined && isSuppressed(event, cached, clock.now())) return;
    if (!limiter.take(object)) {
      // Added to the count when the next occurrence is recorded.
      if (cached !== undefined) known.set(id, { ...cached, unreported: cached.unreported + 1 });
      return;
    }
    const state = cached ?? (await createOrLookUp(id, namespace, name, body));
    if (state === undefined || isSuppressed(event, state, clock.now())) return;
    const count = state.count + state.unreported + 1;
    try {
      const { message, lastTimestamp, metadata } = body;
      const { labels, annotations } = metadata;
      const change = { count, message, lastTimestamp, metadata: { labels, annotations } };
      await api.mergePatch(resourceTypes.event, namespace, name, change);
      known.set(id, { count, unreported: 0, lastSeenMs: seenAt(body), labels: labels ?? {} });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // The server deletes events after an hour.
      known.delete(id);
      await createOrLookUp(id, namespace, name, body);
    }
  }

  /** Creates the event. If it exists already, resolves to its state on the server. */
  async function createOrLookUp(
    id: string,
    namespace: string,
    name: string,
    body: KubeObject,
  ): Promise<KnownEvent | undefined> {
    try {
      await api.create(resourceTypes.event, body);
      known.set(id, {
        count: 1,
        unreported: 0,
        lastSeenMs: seenAt(body),
        labels: body.metadata.labels ?? {},
      });
      return undefined;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    const existing = await api.get(resourceTypes.event, namespace, name);
    const state = {
      count: typeof existing.count === "number" ? existing.count : 1,
      unreported: 0,
      lastSeenMs: seenAt(existing),
      labels: existing.metadata.labels ?? {},
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
      // Writes of the same event are serialized, or increments would be lost.
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
    get inFlight() {
      return inFlight.size;
    },
  };
}

const seenAt = ({ lastTimestamp }: KubeObject): number => Date.parse(String(lastTimestamp)) || 0;

function isSuppressed(
  { once, at, intervalMs, changeLabel = "", labels = {} }: EventToRecord,
  { lastSeenMs, labels: known }: KnownEvent,
  now: number,
): boolean {
  if (once === true || (at !== undefined && Math.floor(at / 1_000) * 1_000 <= lastSeenMs)) return true;
  if (labels[changeLabel] !== known[changeLabel]) return false;
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

/** Labels by which tools select events. A name that is not a valid label value is only in the involved object. */
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
    message: redactSecrets(event.message).slice(0, maxMessageLength),
    count: 1,
    firstTimestamp: timestamp,
    lastTimestamp: timestamp,
    source: { component: event.component },
  };
}
