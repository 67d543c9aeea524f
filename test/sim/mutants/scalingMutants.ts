import type { Mutant } from "./mutant.ts";

const undo = "core/autoscaler/undo/undo.ts";
const phases = "core/job/rescale/phases.ts";

type Planted = Omit<Mutant, "workloads" | "kinds"> & Partial<Pick<Mutant, "kinds">>;
const among =
  (...workloads: readonly string[]) =>
  (mutant: Planted): Mutant => ({ workloads, kinds: [], ...mutant });

const undone = among("autoscaler-undo-ineffective", "autoscaler-undo-failed", "autoscaler-changing-load");
const rescaled = among(
  "rescale",
  "rescale-flink-2",
  "rescale-waits-for-checkpoint",
  "rescale-without-slots",
  "rescale-taken-back",
  "rescale-edited-again",
);

/** Mistakes in scalings that are taken back, and in changes of the parallelism in place. */
export const scalingMutants: readonly Mutant[] = [
  undone({
    name: "undone-scaling-forgotten",
    fault: "tries a scaling that was taken back again at once",
    edits: [
      {
        file: undo,
        find: "putUndo(view, { undone: { at: now, generation, changes: new Map([...earlier, ...changes]) } });",
        replace: "putUndo(view, earlier === undefined ? {} : {});",
      },
    ],
  }),
  undone({
    name: "undo-time-from-each-look",
    fault: "measures the time that a scaled job does not run from the last look at it",
    edits: [
      {
        file: undo,
        find: "return { changed: false, downSince };\n  const why",
        replace: "return { changed: false };\n  const why",
      },
    ],
  }),
  rescaled({
    name: "rescale-without-checkpoint",
    fault: "changes the parallelism in place without a checkpoint before it",
    edits: [
      {
        file: phases,
        find: "const checkpoint = checkpointFirst(situation);\n  if (checkpoint",
        replace: "const checkpoint = checkpointFirst(situation);\n  if (situation.now < 0 && checkpoint",
      },
    ],
  }),
  rescaled({
    name: "rescale-lower-bound-kept",
    fault:
      "leaves the lower bound of a change in place that was given up, so that the job fails at the next loss of a slot",
    edits: [
      {
        file: phases,
        find: "const wanted = requirementsFor(requirements, undoing(target), false);",
        replace: "const wanted = requirementsFor(requirements, target, true);",
      },
    ],
  }),
  rescaled({
    name: "rescale-given-up-never",
    fault: "waits without end, and without a word, for slots that do not come",
    edits: [
      {
        file: phases,
        find: "now - (status.rescale?.startTime ?? 0) >= settings.readinessTimeoutMs;",
        replace: "now - (status.rescale?.startTime ?? 0) < 0 * settings.readinessTimeoutMs;",
      },
    ],
  }),
  rescaled({
    name: "rescale-stable-forgotten",
    fault: "does not record a change in place as stable, so that a rollback goes back behind it",
    edits: [
      {
        file: "core/job/rescale/completed.ts",
        find: "...(wasStable ? { lastStableSpec: recorded } : {}),",
        replace: "...(wasStable ? {} : { lastStableSpec: recorded }),",
      },
    ],
  }),
  rescaled({
    name: "rescale-pause-omitted",
    fault: "tries a change in place that was given up again at once",
    edits: [
      {
        file: phases,
        find: "const pause = since + pauseMs(situation) - now;",
        replace: "const pause = Math.min(0, since + pauseMs(situation) - now);",
      },
    ],
  }),
];
