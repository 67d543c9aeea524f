import { expect, it } from "vitest";
import { buildConfigurationPage } from "./configurationPage.ts";
import { optionFamilies } from "./operatorOptions/families.ts";
import { everyOption } from "./operatorOptions.ts";

const page = buildConfigurationPage();

it("has a row for every option and every family", () => {
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows).toHaveLength(everyOption.length + Object.keys(optionFamilies).length);
  for (const { key } of everyOption) expect(page).toContain(`| \`${key}\` |`);
});

it("shows type, default, place, meaning and older keys", () => {
  expect(page).toContain(
    "| `kubernetes.operator.reconcile.interval` | Duration | `1 min` | operator | How often a resource at rest, and " +
      "the job overview of its JobManager, is looked at. Older names: `kubernetes.operator.reconciler.reschedule.interval`. |",
  );
  expect(page).toContain(
    "| `kubernetes.operator.savepoint.format.type` | CANONICAL \\| NATIVE | `CANONICAL` |",
  );
});

it("shows which option has no effect, and why", () => {
  expect(page).toContain(
    "Names or configures a plugin of the Java operator: this operator runs no Java classes, and says so.",
  );
  expect(page).toContain(
    "How many resources' effective configurations are kept. Not needed: what was worked out",
  );
});
