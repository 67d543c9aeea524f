import { isDeepStrictEqual } from "node:util";
import { isKubeError, type KubeError } from "../../../kube/errors.ts";
import { type Clock, sleep } from "../../../runtime/clock.ts";
import type { FleetEvent, FleetRow } from "../../contract.ts";
import type { Caller } from "../callers.ts";
import type { EventStream } from "../eventStream.ts";
import { LOGIN_OVER } from "../httpError.ts";
import type { Logins } from "../logins.ts";
import { type Rights, rightsMaxAgeMs } from "../rights.ts";
import { type Scopes, scopesOf } from "./scopes.ts";
import type { JoinedWatch, Scope, SharedWatches } from "./sharedWatches.ts";

/** Rows of one event. */
const chunkRows = 500;
/** The shortest time between two "changes". */
const changesMs = 1_000;
/** How long the first rows of a cluster wait for kinds that do not answer. */
const firstRowsMs = 10_000;

export interface FleetOptions {
  readonly callers: readonly Caller[];
  /** Namespaces that the client asks for. */
  readonly namespaces: readonly string[];
  readonly stream: EventStream;
  readonly watches: SharedWatches;
  readonly rights: Rights;
  readonly clock: Clock;
  readonly logins: Pick<Logins, "ended" | "onEnded">;
}

/** Sends the fleet until the client goes away. */
export async function followFleet(options: FleetOptions): Promise<void> {
  const { stream, clock } = options;
  const send = (event: FleetEvent) => stream.send(event.type, event);
  /** What is to be sent, by id; undefined: it is gone. No more than there are rows, however slow the client is. */
  const pending = new Map<string, FleetRow | undefined>();

  async function flush(): Promise<void> {
    while (!stream.signal.aborted) {
      await sleep(clock, changesMs, stream.signal);
      if (pending.size === 0 || stream.isFull) continue;
      const upserts = [...pending.values()].filter((row) => row !== undefined);
      const deletes = [...pending].flatMap(([id, row]) => (row === undefined ? [id] : []));
      pending.clear();
      await send({ type: "changes", upserts, deletes });
    }
  }

  await Promise.all([
    flush(),
    ...options.callers.map((caller) => followCluster(options, caller, send, pending)),
  ]);
}

async function followCluster(
  { namespaces, stream, watches, rights, clock, logins }: FleetOptions,
  caller: Caller,
  send: (event: FleetEvent) => Promise<boolean>,
  pending: Map<string, FleetRow | undefined>,
): Promise<void> {
  const cluster = caller.cluster.name;
  const over = new AbortController();
  const signal = AbortSignal.any([stream.signal, over.signal]);
  const joined = new Map<string, { readonly watch: JoinedWatch; unsubscribe(): void }>();
  /** Until the first rows are sent, changes wait: they are newer. */
  let changes = new Map<string, FleetRow | undefined>();
  let told = "[]";

  async function end(): Promise<void> {
    if (over.signal.aborted) return;
    over.abort();
    logins.ended(caller);
    await send({ type: "ended", cluster, message: LOGIN_OVER });
  }

  function stop(key: string): JoinedWatch | undefined {
    const each = joined.get(key);
    joined.delete(key);
    each?.unsubscribe();
    each?.watch.leave();
    return each?.watch;
  }

  /** The caller may not see these any more. */
  function leave(key: string): void {
    for (const { row } of stop(key)?.rows.values() ?? []) changes.set(row.id, undefined);
  }

  function join(scope: Scope): string {
    const key = `${scope.plural} ${scope.namespace ?? ""}`;
    const watch = watches.join(scope, {
      caller,
      onRefused(error) {
        leave(key);
        if (error.status === 401) void end();
      },
    });
    joined.set(key, { watch, unsubscribe: () => {} });
    return key;
  }

  /** From here on its changes are sent. */
  function subscribe(key: string): void {
    const watch = joined.get(key)?.watch;
    if (watch === undefined) return;
    const unsubscribe = watch.rows.subscribe(({ old, new: current }) => {
      const row = current?.row;
      const id = (row ?? old?.row)?.id ?? "";
      if (row === undefined || !isDeepStrictEqual(old?.row, row)) changes.set(id, row);
    });
    joined.set(key, { watch, unsubscribe });
  }

  async function tell(messages: readonly string[]): Promise<void> {
    const text = JSON.stringify(messages);
    if (text === told) return;
    told = text;
    await send({ type: "problems", cluster, messages });
  }

  async function read(): Promise<Scopes | undefined> {
    try {
      return await scopesOf(caller, rights, namespaces);
    } catch (error) {
      if (!isKubeError(error)) throw error;
      if (error.status === 401) await end();
      else await tell([`The API server of ${cluster} does not answer as it should: ${error.message}`]);
      return undefined;
    }
  }

  const forget = logins.onEnded(caller, () => void end());
  try {
    let isFirst = true;
    while (!signal.aborted) {
      const found = await read();
      if (signal.aborted) break;
      if (found !== undefined) {
        const wanted = new Map(
          found.scopes.map((scope) => [`${scope.plural} ${scope.namespace ?? ""}`, scope]),
        );
        for (const key of [...joined.keys()]) if (!wanted.has(key)) leave(key);
        const added = [...wanted].filter(([key]) => !joined.has(key)).map(([, scope]) => join(scope));
        const errors = await Promise.race([
          Promise.all(added.map((key) => joined.get(key)?.watch.whenRead())),
          sleep(clock, firstRowsMs, signal).then(() => []),
        ]);
        const problems = errors.flatMap((error) => (error === undefined ? [] : [problemOf(error)]));
        const watches = added.flatMap((key) => joined.get(key)?.watch ?? []);
        // Nothing is missed between the rows that are there now and the first change.
        const rows = watches.flatMap((watch) => [...watch.rows.values()].map(({ row }) => row));
        added.forEach(subscribe);
        if (isFirst) {
          await sendRows(cluster, rows, send);
          for (const [id, row] of changes) pending.set(id, row);
          changes = pending;
        } else for (const row of rows) changes.set(row.id, row);
        isFirst = false;
        await tell([...new Set([...found.problems, ...problems])]);
      }
      await sleep(clock, found === undefined ? 5_000 : rightsMaxAgeMs, signal);
    }
  } finally {
    forget();
    for (const key of [...joined.keys()]) stop(key);
  }
}

const problemOf = ({ status, message }: KubeError): string =>
  status === 404
    ? "A kind of the operator is not installed in this cluster."
    : `Not all resources could be read: ${message}`;

async function sendRows(
  cluster: string,
  rows: readonly FleetRow[],
  send: (event: FleetEvent) => Promise<boolean>,
): Promise<void> {
  const parts = Math.max(1, Math.ceil(rows.length / chunkRows));
  for (let part = 0; part < parts; part += 1) {
    const some = rows.slice(part * chunkRows, (part + 1) * chunkRows);
    const isTaken = await send({
      type: "rows",
      cluster,
      rows: some,
      first: part === 0,
      last: part === parts - 1,
    });
    if (!isTaken) return;
  }
}
