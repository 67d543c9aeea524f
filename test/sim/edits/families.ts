import { test } from "vitest";
import { type BaselineMode, baselineModes } from "./baseline.ts";
import { type Edit, type EditKind, nameOf } from "./edit.ts";
import { EditedWorld, type Verdict } from "./editedWorld.ts";
import { editGroups } from "./generate.ts";

/** How edits of each kind ended: for the totals. */
export type EditCounts = Partial<Record<EditKind, Partial<Record<Verdict["outcome"] | "failed", number>>>>;

declare module "vitest" {
  interface TaskMeta {
    edits?: EditCounts;
  }
}

/** One test for each field: all its edits, one after the other in one world, or in a new one after a failure. */
export const testEdits = (belongs: (field: string) => boolean): void => {
  for (const { field, edits, mode } of groups().filter((group) => belongs(group.field))) {
    test(`edits of ${field}`, async ({ task }) => {
      const counts: EditCounts = {};
      const failed: string[] = [];
      let world: EditedWorld | undefined;
      for (const edit of edits) {
        world ??= await EditedWorld.start(mode);
        const { outcome, faults } = await world.play(edit);
        count(counts, edit, faults.length === 0 ? outcome : "failed");
        if (faults.length === 0) continue;
        failed.push([`replay: ${replayCommand(edit)}`, ...faults.map((fault) => `  ${fault}`)].join("\n"));
        world = undefined;
      }
      task.meta.edits = counts;
      if (failed.length > 0) throw new Error(failed.join("\n").slice(0, 20_000));
    });
  }
};

/** Each with the way in which its job is upgraded: they take turns. */
export const groups = () =>
  editGroups().map((group, index) => ({ ...group, mode: baselineModes[index % 2] as BaselineMode }));

export const isConfiguration = (field: string): boolean => field.startsWith("spec.flinkConfiguration");
export const isPodTemplate = (field: string): boolean => /\.podTemplate\b/.test(field);

const count = (counts: EditCounts, { kind }: Edit, outcome: Verdict["outcome"] | "failed"): void => {
  counts[kind] = { ...counts[kind], [outcome]: (counts[kind]?.[outcome] ?? 0) + 1 };
};

/** The command that plays one edit alone and prints all that happened. */
const replayCommand = (edit: Edit): string =>
  `SIM_EDIT='${nameOf(edit).replaceAll("'", `'\\''`)}' npm run sim -- test/sim/edits/replay`;
