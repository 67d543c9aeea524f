import type { PlanAnswer } from "../../src/dashboard/contract.ts";
import { formatDuration, sentence } from "../format/format.ts";

/** Where the message comes from an action; the summary, from a plan. */
interface Props {
  readonly message: string;
  readonly effect?: PlanAnswer["effect"];
  readonly restarts?: boolean;
  readonly downtimeMs?: number;
  readonly restoresFrom?: string;
}

const headlines: Readonly<Record<PlanAnswer["effect"], string>> = {
  nothing: "Nothing that runs changes",
  "in place": "Changed in place, without a restart",
  "when resumed": "Takes effect when the job is resumed",
  start: "Starts the job",
  waits: "Waits before it acts",
  replace: "Starts another job beside it, which then takes its place",
  stop: "Stops the job",
  restart: "Restarts the job",
  refused: "Refused",
};

/** What will happen: the effect in one word first, then why, from which state, and for how long. */
export function Effect({ message, effect, restarts = false, downtimeMs, restoresFrom }: Props) {
  const level = effect === "refused" ? "is-error" : restarts || effect === "stop" ? "is-warning" : "is-info";
  return (
    <div class={`note effect ${level}`} role="status">
      {effect !== undefined && <strong>{headlines[effect]}</strong>}
      <p>{sentence(message)}</p>
      {(restoresFrom !== undefined || restarts) && (
        <dl class="facts inline">
          {restoresFrom !== undefined && (
            <>
              <dt>Restored from</dt>
              <dd>{restoresFrom}</dd>
            </>
          )}
          {restarts && (
            <>
              <dt>Downtime</dt>
              <dd>
                {downtimeMs === undefined
                  ? "not known: no earlier upgrade was measured"
                  : `about ${formatDuration(downtimeMs)}, as in the last upgrade`}
              </dd>
            </>
          )}
        </dl>
      )}
    </div>
  );
}
