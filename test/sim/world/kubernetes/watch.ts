import type { KubeObject, ResourceType } from "../../../../src/api/kubernetes.ts";
import type { WatchEvent, WatchOptions } from "../../../../src/kube/api.ts";
import type { KubeError } from "../../../../src/kube/errors.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import { expired, noAnswer } from "./refusal.ts";
import { selects } from "./selectors.ts";
import { type Change, type Store, sameType } from "./store.ts";

/** What lies between the API server and one watcher. */
export interface WatchBehavior {
  /** Milliseconds from a change to the watcher's event. Events never overtake each other. */
  lagMs(type: ResourceType): number;
  /** The watch passes over this version: only a later one of the object, or a list, tells of it. */
  skips(change: Change): boolean;
  /** Where a new watch begins with what was true at an older revision: which, and until when it stays there. */
  staleView(type: ResourceType): { revision: number; until: number } | undefined;
  /** The API server is not to be reached now: no watch begins, and the next event finds its connection broken. */
  isDown(): boolean;
  /** Told of each change that this watcher is to see. */
  onEvent(change: Change): void;
}

/** After this time without a newer version of the object a skipped change breaks the watch: it has to list anew. */
const noticeMs = 20_000;

const requestMs = 5;
const bookmarkEveryMs = 60_000;

/** One watch of one client. `clock` is the client's: a killed process receives nothing more. */
export class WatchStream implements AsyncIterableIterator<WatchEvent> {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #type: ResourceType;
  readonly #path: WatchBehavior;
  readonly #matches: (object: KubeObject) => boolean;
  readonly #ready: WatchEvent[] = [];
  readonly #close: (() => void)[] = [];
  #end: { error?: KubeError } | undefined;
  #waiting: (() => void) | undefined;
  #lastDelivery = 0;
  /** Objects of which the newest version was passed over; called, it forgets that. */
  readonly #skipped = new Map<string, () => void>();

  constructor(
    store: Store,
    clock: Clock,
    type: ResourceType,
    options: WatchOptions,
    signal: AbortSignal,
    path: WatchBehavior,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#type = type;
    this.#path = path;
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

  /** The connection breaks, as when a proxy on the way goes away. */
  break(): void {
    this.#finish({ error: noAnswer("the connection broke") });
  }

  #open(options: WatchOptions): void {
    if (this.#path.isDown()) {
      this.break();
      return;
    }
    const begin =
      options.resourceVersion === undefined
        ? this.#present(options.sendInitialEvents === true)
        : Number(options.resourceVersion);
    const missed = this.#store.since(begin);
    if (missed === undefined) {
      this.#finish({ error: expired() });
      return;
    }
    for (const change of missed) this.#see(change, 0);
    this.#close.push(this.#store.subscribe((change) => this.#see(change, this.#path.lagMs(this.#type))));
    this.#bookmarkLater();
    if (options.timeoutSeconds !== undefined) {
      this.#close.push(this.#clock.after(options.timeoutSeconds * 1000, () => this.#finish({})));
    }
  }

  /** Tells what is there, or what was there for a server that lags behind; returns the revision of that. */
  #present(withEnd: boolean): number {
    const staleView = this.#path.staleView(this.#type);
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

  #see(change: Change, lagMs: number): void {
    if (!sameType(change.type, this.#type)) return;
    const was = change.previous !== undefined && this.#matches(change.previous);
    const is = change.change !== "DELETED" && this.#matches(change.object);
    if (!was && !is) return;
    if (this.#path.isDown()) {
      this.break();
      return;
    }
    const key = nameOf(change.object);
    this.#skipped.get(key)?.();
    this.#skipped.delete(key);
    if (this.#path.skips(change)) {
      this.#skipped.set(
        key,
        this.#clock.after(noticeMs, () => this.#finish({ error: expired() })),
      );
      return;
    }
    this.#path.onEvent(change);
    const type = is ? (was ? "MODIFIED" : "ADDED") : "DELETED";
    this.#deliverAfter(lagMs, { type, object: change.object });
  }

  #bookmarkLater(): void {
    const cancel = this.#clock.after(bookmarkEveryMs, () => {
      // A bookmark says that everything before it was told.
      if (this.#skipped.size > 0) {
        this.#bookmarkLater();
        return;
      }
      const resourceVersion = String(this.#store.revision);
      this.#deliverAfter(this.#path.lagMs(this.#type), {
        type: "BOOKMARK",
        resourceVersion,
        initialEventsEnd: false,
      });
      this.#bookmarkLater();
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
    this.#wake();
  }

  #finish(end: { error?: KubeError }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const close of this.#close) close();
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}

const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;
