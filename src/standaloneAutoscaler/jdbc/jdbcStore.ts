import {
  type Rows,
  rowsFromState,
  rowTypes,
  stateFromRows,
} from "../../core/autoscaler/state/databaseRows.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { StateStore } from "../stateStore.ts";
import type { Connections } from "./database.ts";
import { stateTable, timestamp } from "./schema.ts";

const upsert = `INSERT INTO ${stateTable} (update_time, job_key, state_type, state_value) VALUES ($1, $2, $3, $4)
  ON CONFLICT (job_key, state_type) DO UPDATE SET update_time = excluded.update_time, state_value = excluded.state_value`;

/** A row for each entry of a job. Only those that have changed are written, all of one cycle or none. */
export function createJdbcStore(database: Connections, clock: Clock): StateStore {
  /** As they are in the table. */
  const known = new Map<string, Rows>();
  return {
    async read(jobId) {
      const found = await database.query(
        `SELECT state_type, state_value FROM ${stateTable} WHERE job_key = $1`,
        [jobId],
      );
      const rows = Object.fromEntries(found.map((row) => [String(row.state_type), String(row.state_value)]));
      known.set(jobId, rows);
      return stateFromRows(rows);
    },
    async write(jobId, state) {
      const before = known.get(jobId) ?? {};
      const after = rowsFromState(state);
      const removed = rowTypes.filter((type) => before[type] !== undefined && after[type] === undefined);
      const changed = Object.entries(after).filter(([type, text]) => before[type] !== text);
      if (removed.length + changed.length === 0) return;
      // Known again once it is certain.
      known.delete(jobId);
      await database.transaction(async (query) => {
        if (removed.length > 0)
          await query(`DELETE FROM ${stateTable} WHERE job_key = $1 AND state_type = ANY($2)`, [
            jobId,
            removed,
          ]);
        for (const [type, text] of changed) await query(upsert, [timestamp(clock.now()), jobId, type, text]);
      });
      known.set(jobId, after);
    },
    async remove(jobId) {
      await database.query(`DELETE FROM ${stateTable} WHERE job_key = $1`, [jobId]);
      known.delete(jobId);
    },
  };
}
