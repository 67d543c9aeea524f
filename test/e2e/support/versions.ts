import { hash } from "../../sim/world/random.ts";
import { currentTurn, everything, isTurn } from "../../support/turn.ts";

/** The Flink versions that the scenarios run on. */
export interface Flink {
  readonly version: "1.20" | "2.3";
  readonly image: string;
  readonly flinkVersion: "v1_20" | "v2_3";
}

export const newest: Flink = { version: "2.3", image: "localhost/flink:2.3", flinkVersion: "v2_3" };
export const lts: Flink = { version: "1.20", image: "localhost/flink:1.20", flinkVersion: "v1_20" };

const versions: readonly Flink[] = [newest, lts];

/**
 * Those that a scenario runs on now: one, whose turn it is, or all of them by `make test-all`. E2E_FLINK=2.3 chooses one for
 * all scenarios. On each commit about half of the scenarios run on each version.
 *
 * @param turns The scenario runs on one of so many commits, on the others on no version.
 */
export function versionsNow(title: string, turns = 1): readonly Flink[] {
  const { E2E_FLINK: chosen } = process.env;
  if (chosen !== undefined) return [versionNamed(chosen)];
  if (everything) return versions;
  const turn = currentTurn() + hash(title);
  if (turn % turns !== 0) return [];
  return versions.filter((_, index) => index === Math.floor(turn / turns) % versions.length);
}

const pythonTurns = 4;

/** Those of the scenarios with Python, one commit of four: no other builds and loads the image, which has 1 GB. */
export function versionsWithPython(): readonly Flink[] {
  const { E2E_FLINK: chosen } = process.env;
  if (!everything && !isTurn(0, pythonTurns)) return [];
  if (chosen !== undefined) return [versionNamed(chosen)];
  if (everything) return versions;
  return versions.filter((_, index) => isTurn(index, versions.length, currentTurn() / pythonTurns));
}

function versionNamed(name: string): Flink {
  const found = versions.find(({ version }) => version === name);
  if (found !== undefined) return found;
  const names = versions.map(({ version }) => version).join(" or ");
  throw new Error(`E2E_FLINK is "${name}"; right is ${names}`);
}
