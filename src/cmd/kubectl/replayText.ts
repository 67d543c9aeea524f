import type { RecordedPass, Recording } from "../../controllers/recording/recording.ts";
import { type Difference, differences } from "../../controllers/recording/replay.ts";
import { formatData, formatSections, formatTable, type Paint, shown } from "../../views/format.ts";

/** A pass in one line of a table. */
export interface ReplayedPass {
  readonly pass: RecordedPass & { readonly repeats?: number };
  readonly differences: readonly Difference[];
}

/** All passes of a recording as a table, numbered from 1. */
export function replayTable(replayed: readonly ReplayedPass[], paint: Paint): string {
  return formatTable(
    ["PASS", "TIME", "RESOURCE", "DECIDED", "LIFECYCLE", "NOW"],
    replayed.map(({ pass, differences: found }, at) => [
      String(at + 1),
      new Date(pass.now).toISOString(),
      nameOf(pass),
      decided(pass),
      stateOf(pass),
      found.length === 0 ? paint("green", "same") : paint("red", `differs in ${found[0]?.path}`),
    ]),
  );
}

/** Each kind has its own word for it. */
function stateOf({ decision: { status } }: RecordedPass): string {
  const { lifecycleState, blueGreenState, state } = status as Readonly<Record<string, string | undefined>>;
  return lifecycleState ?? blueGreenState ?? state ?? "";
}

const nameOf = ({ kind, resource: { metadata } }: RecordedPass): string =>
  `${kind}/${metadata.namespace}/${metadata.name}`;

function decided({ decision, failure, repeats }: ReplayedPass["pass"]): string {
  const { actions, independent, afterStatus = [] } = decision;
  const acts = [...actions, ...independent.actions, ...afterStatus].map(({ kind }) => kind).join(", ");
  const done = acts === "" ? "wrote the status" : acts;
  if (failure === undefined) return done;
  return `${done}; failed${repeats === undefined ? "" : ` ${repeats + 1} times`}: ${shown(failure).slice(0, 80)}`;
}

/** One pass in full. `before`: the pass of the same resource before it. */
export function passText(
  { pass, differences: found }: ReplayedPass,
  before: RecordedPass | undefined,
  paint: Paint,
): string {
  const { now, facts, decision, failure } = pass;
  const head = `${paint("bold", nameOf(pass))} at ${new Date(now).toISOString()}\n`;
  const changes = before === undefined ? [] : differences(before.facts, facts).map(changeLine);
  const sections = formatSections([
    ["Decided", [decided(pass)]],
    ["Waits for", decision.waitsFor === undefined ? [] : [decision.waitsFor]],
    ["Failed", failure === undefined ? [] : [failure]],
    ["Facts that changed since the pass before", changes],
    ["Status that was written", differences(pass.resource.status, decision.status).map(changeLine)],
    ["This version decides otherwise", found.map(changeLine)],
  ]);
  return `${head}\n${sections}\nAll facts:\n${indented(formatData(facts, "yaml"))}`;
}

const changeLine = ({ path, recorded, now }: Difference): string =>
  `${path}: ${short(recorded)} -> ${short(now)}`;

const MAX_LENGTH = 200;

function short(value: unknown): string {
  const text = value === undefined ? "absent" : JSON.stringify(value);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, "  ");

/** The newest pass of the same resource before this one. */
export const passBefore = ({ passes }: Recording, place: number): RecordedPass | undefined => {
  const pass = passes[place];
  return pass && passes.slice(0, place).findLast((each) => nameOf(each) === nameOf(pass));
};
