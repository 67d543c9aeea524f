import type { KubeObject, ResourceType } from "../../../../src/api/kubernetes.ts";
import type { WatchEvent, WatchOptions } from "../../../../src/kube/api.ts";
import type { KubeError } from "../../../../src/kube/errors.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import { expired, noAnswer } from "./refusal.ts";
import { selects } from "./selectors.ts";
import { type Change, type Store, sameType } from "./store.ts";

/** The faults and delays of one client's watches. */
export interface WatchBehavior {
  /** Milliseconds from a change to its watch event. Events keep their order. */
  lagMs(type: ResourceType): number;
  /** The watch skips this version: the client sees only a later version of the object, or a list. */
  skips(change: Change): boolean;
  /** A new watch starts with the objects of this older revision, and gets no newer ones before `until`. */
  staleView(type: ResourceType): { revision: number; until: number } | undefined;
  /** The API server is unavailable: no watch starts, and the next event breaks the connection. */
  isDown(): boolean;
  /** Called for each change that is delivered to this client. */
  onEvent(change: Change): void;
}

/** A skipped change breaks the watch after this time without a newer version of the object: the client must list again. */
const skippedTimeoutMs = 20_000;

const requestMs = 5;
const bookmarkEveryMs = 60_000;

/** One watch of one client. `clock` is the client's: a killed process receives nothing more. */
export class WatchStream implements AsyncIterableIterator<WatchEvent> {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #type: ResourceType;
  readonly #behavior: WatchBehavior;
  readonly #matches: (object: KubeObject) => boolean;
  readonly #ready: WatchEvent[] = [];
  readonly #close: (() => void)[] = [];
  #end: { error?: KubeError } | undefined;
  #waiting: (() => void) | undefined;
  #lastDelivery = 0;
  /** The objects whose newest version was skipped, with the function that cancels the timeout. */
  readonly #skipped = new Map<string, () => void>();

  constructor(
    store: Store,
    clock: Clock,
    type: ResourceType,
    options: WatchOptions,
    signal: AbortSignal,
    behavior: WatchBehavior,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#type = type;
    this.#behavior = behavior;
    this.#matches = selects(options);
    const abort = (): void => this.#finish({});
    signal.addEventListener("abort", abort, { once: true });
    this.#close.push(
      () => signal.removeEventListener("abort", abort),
      clock.after(requestMs, () => this.#open(options)),
    );
    if (signal.aborted) abort();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<WatchEvent>> {
    for (;;) {
      const event = this.#ready.shift();
      if (event !== undefined) return { value: event, done: false };
      if (this.#end?.error !== undefined) {
        const { error } = this.#end;
        this.#end = {};
        throw error;
      }
      if (this.#end !== undefined) return { value: undefined, done: true };
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<WatchEvent>> {
    this.#finish({});
    return { value: undefined, done: true };
  }

  /** Breaks the connection, like a failing proxy. */
  break(): void {
    this.#finish({ error: noAnswer("the connection broke") });
  }

  #open(options: WatchOptions): void {
    if (this.#behavior.isDown()) {
      this.break();
      return;
    }
    const begin =
      options.resourceVersion === undefined
        ? this.#sendInitialEvents(options.sendInitialEvents === true)
        : Number(options.resourceVersion);
    const missed = this.#store.since(begin);
    if (missed === undefined) {
      this.#finish({ error: expired() });
      return;
    }
    for (const change of missed) this.#onChange(change, 0);
    this.#close.push(
      this.#store.subscribe((change) => this.#onChange(change, this.#behavior.lagMs(this.#type))),
    );
    this.#scheduleBookmark();
    if (options.timeoutSeconds !== undefined) {
      this.#close.push(this.#clock.after(options.timeoutSeconds * 1000, () => this.#finish({})));
    }
  }

  /** Sends the present objects, or the old ones of a server that lags behind; returns their revision. */
  #sendInitialEvents(withEnd: boolean): number {
    const staleView = this.#behavior.staleView(this.#type);
    const revision = staleView?.revision ?? this.#store.revision;
    const present =
      staleView === undefined
        ? this.#store.all(this.#type).map(({ object }) => object)
        : this.#store.asOf(staleView.revision, this.#type);
    for (const object of present) {
      if (this.#matches(object)) this.#deliver({ type: "ADDED", object });
    }
    if (withEnd) {
      this.#deliver({ type: "BOOKMARK", resourceVersion: String(revision), initialEventsEnd: true });
    }
    if (staleView !== undefined) this.#lastDelivery = staleView.until;
    return revision;
  }

  #onChange(change: Change, lagMs: number): void {
    if (!sameType(change.type, this.#type)) return;
    const was = change.previous !== undefined && this.#matches(change.previous);
    const is = change.change !== "DELETED" && this.#matches(change.object);
    if (!was && !is) return;
    if (this.#behavior.isDown()) {
      this.break();
      return;
    }
    const key = nameOf(change.object);
    this.#skipped.get(key)?.();
    this.#skipped.delete(key);
    if (this.#behavior.skips(change)) {
      this.#skipped.set(
        key,
        this.#clock.after(skippedTimeoutMs, () => this.#finish({ error: expired() })),
      );
      return;
    }
    this.#behavior.onEvent(change);
    const type = is ? (was ? "MODIFIED" : "ADDED") : "DELETED";
    this.#deliverAfter(lagMs, { type, object: change.object });
  }

  #scheduleBookmark(): void {
    const cancel = this.#clock.after(bookmarkEveryMs, () => {
      // A bookmark means that everything before it was delivered.
      if (this.#skipped.size > 0) {
        this.#scheduleBookmark();
        return;
      }
      const resourceVersion = String(this.#store.revision);
      this.#deliverAfter(this.#behavior.lagMs(this.#type), {
        type: "BOOKMARK",
        resourceVersion,
        initialEventsEnd: false,
      });
      this.#scheduleBookmark();
    });
    this.#close.push(cancel);
  }

  #deliverAfter(lagMs: number, event: WatchEvent): void {
    const at = Math.max(this.#clock.now() + lagMs, this.#lastDelivery);
    this.#lastDelivery = at;
    if (at <= this.#clock.now()) this.#deliver(event);
    else this.#clock.after(at - this.#clock.now(), () => this.#deliver(event));
  }

  #deliver(event: WatchEvent): void {
    if (this.#end !== undefined) return;
    this.#ready.push(event);
    this.#notifyReader();
  }

  #finish(end: { error?: KubeError }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const close of this.#close) close();
    this.#notifyReader();
  }

  #notifyReader(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}

const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;
