import { expect, test } from "vitest";
import { printJournal } from "../world/journal.ts";
import { differences } from "../world/json.ts";
import { startOfTime } from "../world/world.ts";
import { nameOf } from "./edit.ts";
import { EditedWorld } from "./editedWorld.ts";
import { groups } from "./families.ts";

const { SIM_EDIT: name } = process.env;

test.runIf(name !== undefined)(`replay of ${name}`, async () => {
  const group = groups().find(({ edits }) => edits.some((edit) => nameOf(edit) === name));
  const edit = group?.edits.find((each) => nameOf(each) === name);
  if (group === undefined || edit === undefined) throw new Error(`there is no such edit: ${name}`);
  const edited = await EditedWorld.start(group.mode);
  const { world, operator } = edited;
  const begin = world.journal.entries.length;
  const result = await edited.play(edit);
  for (const entry of world.journal.entries.slice(begin)) {
    if (entry.event === "kubernetes-write" && !/^(operator|user)/.test(entry.actor)) continue;
    console.log(printJournal([entry], startOfTime).join());
    if (entry.event !== "kubernetes-write") continue;
    const change = world.store.history.find(({ revision }) => revision === entry.revision);
    if (change?.previous === undefined) continue;
    for (const line of differences(change.previous, change.object)) console.log(`${" ".repeat(20)}${line}`);
  }
  console.log(operator.log.join("\n"));
  console.log(result);
  expect(result.failures).toEqual([]);
});
