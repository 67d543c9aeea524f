import type { CycleExplanation } from "../../core/autoscaler/explain/explainCycle.ts";
import type { ExplainedVertex } from "../../core/autoscaler/explain/explainVertex.ts";
import type { SimulatedDecision } from "../../core/autoscaler/simulate/simulate.ts";
import { formatSections, formatTable, shown } from "../../views/format.ts";

export interface Simulation {
  readonly samples: number;
  readonly from: string;
  readonly to: string;
  /** With the recorded options. */
  readonly recorded: readonly SimulatedDecision[];
  readonly set?: readonly string[];
  /** With the changed ones. */
  readonly changed?: readonly SimulatedDecision[];
  readonly remarks: readonly string[];
}

/** The decisions at each time, side by side, and the last ones in full. */
export function simulationText({ samples, from, to, recorded, set, changed, remarks }: Simulation): string {
  const columns: [string, readonly SimulatedDecision[]][] = [
    ["AS RECORDED", recorded],
    ...(changed === undefined ? [] : [["CHANGED", changed] as [string, readonly SimulatedDecision[]]]),
  ];
  const times = [...new Set(columns.flatMap(([, decisions]) => decisions.map(({ at }) => at)))].sort(
    (a, b) => a - b,
  );
  const rows = times.map((time) => [
    new Date(time).toISOString(),
    ...columns.map(([, decisions]) => shortly(decisions.find(({ at }) => at === time)?.explanation)),
  ]);
  const table =
    rows.length === 0
      ? "Nothing would have been decided: the samples fill no window (job.autoscaler.metrics.window).\n"
      : formatTable(["TIME", ...columns.map(([title]) => title)], rows);
  const lasts = columns.map(([title, decisions]): [string, string[]] => [
    `Last decision, ${title.toLowerCase()}`,
    inFull(decisions.at(-1)?.explanation),
  ]);
  return [
    `${samples} samples from ${from} to ${to}${set === undefined ? "" : `, changed: ${set.map(shown).join(", ")}`}\n`,
    table,
    formatSections([...lasts, ["Not as it would be", [...remarks]]]),
  ].join("\n");
}

const changeOf = ({ id, name, parallelism, target }: ExplainedVertex): string =>
  `${name ?? id.slice(0, 8)} ${parallelism}->${target}`;

function shortly(explanation: CycleExplanation | undefined): string {
  if (explanation === undefined) return "no decision";
  const { outcome, message, vertices } = explanation;
  if (outcome === "Failed" || outcome === "MemoryPressure") return `${outcome}: ${message}`;
  const changes = vertices.filter(({ target }) => target !== undefined).map(changeOf);
  return [outcome, ...changes].join(" ");
}

const inFull = (explanation: CycleExplanation | undefined): string[] =>
  explanation === undefined
    ? []
    : [
        `${explanation.outcome}: ${explanation.message}`,
        ...explanation.vertices
          .filter(({ chain }) => chain.length > 0)
          .flatMap(({ id, name, outcome, chain }) => [
            `${name === undefined ? id : `${name} (${id})`}: ${outcome}`,
            ...chain.map((line) => `  ${line}`),
          ]),
      ];
