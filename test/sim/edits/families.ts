import { test } from "vitest";
import { isEdited } from "../turns.ts";
import { type BaselineMode, baselineModes } from "./baseline.ts";
import { type Edit, type EditKind, nameOf } from "./edit.ts";
import { EditedWorld, type EditResult } from "./editedWorld.ts";
import { editGroups } from "./generate.ts";

/** The results of edits by kind; input of the totals. */
export type EditCounts = Partial<Record<EditKind, Partial<Record<EditResult["outcome"] | "failed", number>>>>;

declare module "vitest" {
  interface TaskMeta {
    edits?: EditCounts;
  }
}

/** One test for each field: all its edits, one after the other in one world, or in a new world after a failure. */
export const testEdits = (belongs: (field: string) => boolean): void => {
  const takesTurns = (field: string) => isConfiguration(field) || isPodTemplate(field);
  const runsNow = (field: string) => belongs(field) && (!takesTurns(field) || isEdited(field));
  for (const { field, edits, mode } of groups().filter((group) => runsNow(group.field))) {
    test(`edits of ${field}`, async ({ task }) => {
      const counts: EditCounts = {};
      const failed: string[] = [];
      let world: EditedWorld | undefined;
      for (const edit of edits) {
        world ??= await EditedWorld.start(mode);
        const { outcome, failures } = await world.play(edit);
        count(counts, edit, failures.length === 0 ? outcome : "failed");
        if (failures.length === 0) continue;
        failed.push(
          [`replay: ${replayCommand(edit)}`, ...failures.map((failure) => `  ${failure}`)].join("\n"),
        );
        world = undefined;
      }
      task.meta.edits = counts;
      if (failed.length > 0) throw new Error(failed.join("\n").slice(0, 20_000));
    });
  }
};

/** The groups, which alternate between the upgrade modes. */
export const groups = () =>
  editGroups().map((group, index) => ({ ...group, mode: baselineModes[index % 2] as BaselineMode }));

export const isConfiguration = (field: string): boolean => field.startsWith("spec.flinkConfiguration");
export const isPodTemplate = (field: string): boolean => /\.podTemplate\b/.test(field);

const count = (counts: EditCounts, { kind }: Edit, outcome: EditResult["outcome"] | "failed"): void => {
  counts[kind] = { ...counts[kind], [outcome]: (counts[kind]?.[outcome] ?? 0) + 1 };
};

/** The command that runs one edit alone and prints everything that happened. */
const replayCommand = (edit: Edit): string =>
  `SIM_EDIT='${nameOf(edit).replaceAll("'", `'\\''`)}' npm run sim -- test/sim/edits/replay`;
