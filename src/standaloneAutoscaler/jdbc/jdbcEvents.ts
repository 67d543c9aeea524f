import { javaHashCode } from "../../api/javaHash.ts";
import type { AutoscalerEvent } from "../../core/autoscaler/model/event.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { EventHandler } from "../eventHandler.ts";
import type { Connections } from "./database.ts";
import { eventTable, timestamp } from "./schema.ts";

const newest = `SELECT id, create_time > $4 AS fresh FROM ${eventTable}
  WHERE job_key = $1 AND reason = $2 AND event_key = $3 ORDER BY id DESC LIMIT 1`;
const count = `UPDATE ${eventTable} SET update_time = $2, message = $3, event_count = event_count + 1 WHERE id = $1`;
const insert = `INSERT INTO ${eventTable}
  (create_time, update_time, job_key, reason, event_type, message, event_count, event_key)
  VALUES ($1, $1, $2, $3, $4, $5, 1, $6)`;
const expired = `DELETE FROM ${eventTable} WHERE id IN
  (SELECT id FROM ${eventTable} WHERE create_time < $1 ORDER BY id LIMIT $2) RETURNING id`;

/** Rows that one statement deletes. */
const PURGE_ROWS = 2_000;
const DAY_MS = 86_400_000;

/**
 * A row for each event. One that repeats within its interval, counted from the first, is the same row with a count (AUTOSCALER 10).
 * Rows older than `ttlMs` are deleted once a day; 0: never. `onError`: that did not work.
 */
export function createJdbcEvents(
  database: Connections,
  { clock, ttlMs, onError }: { clock: Clock; ttlMs: number; onError: (error: unknown) => void },
): EventHandler {
  let stopTimer = () => {};
  let isClosed = false;
  async function purge(): Promise<void> {
    const limit = timestamp(clock.now() - ttlMs);
    let deleted: readonly unknown[];
    do deleted = await database.query(expired, [limit, PURGE_ROWS]);
    while (deleted.length === PURGE_ROWS && !isClosed);
  }
  const purgeDaily = async (): Promise<void> => {
    await purge().catch(onError);
    if (!isClosed) stopTimer = clock.after(DAY_MS, () => void purgeDaily());
  };
  if (ttlMs > 0) void purgeDaily();

  return {
    async handle(jobId, event) {
      const { type, reason, message, intervalMs } = event;
      const now = clock.now();
      const key = eventKey(jobId, event);
      if (intervalMs !== undefined) {
        const [found] = await database.query(newest, [jobId, reason, key, timestamp(now - intervalMs)]);
        if (found?.fresh === true)
          return void (await database.query(count, [found.id, timestamp(now), message]));
      }
      await database.query(insert, [timestamp(now), jobId, reason, type, message, key]);
    },
    close() {
      isClosed = true;
      stopTimer();
    },
  };
}

/**
 * The hash of the change for a report, otherwise Java's hash of what tells events apart. The Java process has the type in it by a
 * number that changes with each start; here it is its name.
 */
const eventKey = (jobId: string, { type, reason, message, key, changeHash }: AutoscalerEvent): string =>
  changeHash ??
  String(
    [jobId, type, reason, key ?? message].reduce(
      (hash, part) => (Math.imul(31, hash) + javaHashCode(part)) | 0,
      1,
    ),
  );
