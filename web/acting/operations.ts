import type { Action, ResourcePage } from "../../src/dashboard/contract.ts";
import { createValue } from "../state/value.ts";
import { BEGINS_WITHIN_MS, type Operation, type Progress, progressOf } from "./progress.ts";

export interface Followed {
  readonly operation: Operation;
  readonly progress: Progress;
}

/** What was asked for since the dashboard was opened, and how far it is; newest last. It outlives its resource's page. */
export const operations = createValue<readonly Followed[]>([]);

/** The newest page of each resource that was looked at. */
const newest = new Map<string, ResourcePage>();

export function follow(operation: Operation): void {
  operations.set([...operations.get(), { operation, progress: { state: "asked" } }]);
  const look = (): void => {
    const page = newest.get(operation.id);
    if (page !== undefined) advance(page);
  };
  // A page may come before the answer to the action, and none at all where nothing has to be done.
  look();
  setTimeout(look, BEGINS_WITHIN_MS + 1);
}

export function dismiss(operation: Operation): void {
  operations.set(operations.get().filter((each) => each.operation !== operation));
}

/** A newer page of a resource: what was asked of it may be done. */
export function showPage(page: ResourcePage): void {
  newest.set(page.row.id, page);
  advance(page);
}

function advance(page: ResourcePage): void {
  const next = operations
    .get()
    .map((each) =>
      each.operation.id === page.row.id
        ? { ...each, progress: progressOf(each.operation, each.progress, page, Date.now()) }
        : each,
    );
  if (next.some((each, at) => each.progress !== operations.get()[at]?.progress)) operations.set(next);
}

/** The texts of an action: the button, the question, the button that confirms. */
interface ActionText {
  readonly name: string;
  readonly question: string;
  readonly done: string;
}

export const actionTexts: Readonly<Record<Action, ActionText>> = {
  suspend: { name: "Suspend", question: "Suspend the job?", done: "The job is suspended." },
  resume: { name: "Resume", question: "Resume the job?", done: "The job runs again." },
  restart: { name: "Restart", question: "Restart the job?", done: "The job was restarted." },
  savepoint: { name: "Take savepoint", question: "Take a savepoint?", done: "The savepoint is completed." },
  checkpoint: {
    name: "Take checkpoint",
    question: "Take a checkpoint?",
    done: "The checkpoint is completed.",
  },
  rescale: {
    name: "Rescale",
    question: "Change the parallelism?",
    done: "The job runs with the new parallelism.",
  },
  rollback: {
    name: "Roll back",
    question: "Roll back to the last stable spec?",
    done: "The job runs with the earlier spec.",
  },
  approve: {
    name: "Approve change",
    question: "Approve the change that waits?",
    done: "The change is made.",
  },
  promote: { name: "Promote", question: "Let the new side take over?", done: "The new side serves." },
  edit: { name: "Edit", question: "Apply the edited manifest?", done: "The edit is made." },
};
