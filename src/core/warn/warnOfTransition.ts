import type { Plan } from "../plan/plan.ts";

const maxFields = 4;

/** What an edit of a FlinkBlueGreenDeployment does to its job, as a warning for the user. Undefined: it disturbs nothing that runs. */
export function warnOfTransition({ effect, changes, restore, waitsFor }: Plan): string | undefined {
  const fields = changes.filter((change) => change.effect !== "ignore").map(({ field }) => field);
  const more = fields.length - maxFields;
  const what = [...fields.slice(0, maxFields), ...(more > 0 ? [`${more} more`] : [])].join(", ");
  const from = restore === undefined ? "empty, without state" : `from ${restore.from}`;
  const after = waitsFor === undefined ? "once it runs" : "once it runs and a person has promoted it";
  switch (effect) {
    case "replace":
      return `the change of ${what} starts the job in a second FlinkDeployment, ${from}; the one that runs is deleted ${after}`;
    case "stop":
      return `the change of ${what} stops the job`;
    case "restart":
      return `the change of ${what} restarts the job that is under way, in the FlinkDeployment that it runs in`;
    case "waits":
      return `the change of ${what} waits, and then replaces what runs`;
    default:
      return undefined;
  }
}
