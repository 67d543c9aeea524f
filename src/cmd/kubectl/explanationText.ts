import type { AutoscalerStatus } from "../../api/v1beta1/commonStatus.ts";
import type { Explanation } from "../../core/plan/explanation.ts";
import { ageOf, formatSections, type Paint, shown } from "../../views/format.ts";
import { actText } from "../../views/planText.ts";

/** An explanation as text. `remarks`: what it could not take into account. */
export function explanationText(
  title: string,
  { state, message, error, facts, next, waitsFor, decisions, autoscaler, snapshots, restart }: Explanation,
  now: number,
  paint: Paint,
  remarks: readonly string[] = [],
): string {
  const head = `${paint("bold", title)} is ${shown(`${state}: ${message}`)}\n`;
  const body = formatSections([
    ["Error", error === undefined || error === message ? [] : [error]],
    ["Because", facts],
    ["The operator now", next === undefined ? [] : doesNow(next, waitsFor)],
    [
      "Decisions, newest first",
      decisions.flatMap(({ time, act, reason, facts: because = [], restoresFrom, refused = [] }) => [
        `${ageOf(time, now)} ago, ${act}: ${reason}`,
        ...because.map((fact) => `  fact: ${fact}`),
        ...(restoresFrom === undefined ? [] : [`  restored from: ${restoresFrom}`]),
        ...refused.map((each) => `  not from ${each.snapshot}: ${each.why}`),
      ]),
    ],
    ["The autoscaler", autoscaler === undefined ? [] : autoscalerLines(autoscaler, now)],
    [
      "Snapshots known, newest first",
      snapshots.map(
        ({ snapshot, chosen, why }) => `${chosen ? paint("green", "* ") : "- "}${snapshot}: ${why}`,
      ),
    ],
    ["Its state", restart === undefined ? [] : [restart]],
    ["Not known", remarks],
  ]);
  return `${head}\n${body}`;
}

const doesNow = (next: NonNullable<Explanation["next"]>, waitsFor: string | undefined): string[] =>
  next.length > 0 || waitsFor !== undefined
    ? [
        ...next.map((act) => `is to ${actText(act)}`),
        ...(waitsFor === undefined ? [] : [`waits for: ${waitsFor}`]),
      ]
    : ["has nothing to do"];

function autoscalerLines(
  { time, outcome = "", message = "", vertices = [], moreVertices }: AutoscalerStatus,
  now: number,
): string[] {
  return [
    `${outcome} since ${ageOf(time, now)}: ${message}`,
    ...vertices.flatMap(({ id = "", name, parallelism, target, outcome: each = "", chain = [] }) => [
      `${name === undefined ? id : `${name} (${id})`}, ${parallelism}${target === undefined ? "" : ` -> ${target}`}: ${each}`,
      ...chain.map((line) => `  ${line}`),
    ]),
    ...(moreVertices === undefined ? [] : [`and ${moreVertices} more vertices`]),
  ];
}
