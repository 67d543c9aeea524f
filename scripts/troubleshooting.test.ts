import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { everyOption } from "../src/config/operatorOptions.ts";
import { reasons } from "../src/core/reasons.ts";

const guide = readFileSync(join(import.meta.dirname, "../docs/troubleshooting.md"), "utf8");

/** The first column of the table of reasons. */
function explained(): string[] {
  const [, section = ""] = guide.split("## Events and reasons");
  const rows = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  return rows.flatMap((row) =>
    [...(row.split(" | ")[0] ?? "").matchAll(/`(\w+)`/g)].map(([, word = ""]) => word),
  );
}

it("the guide has one entry for each reason that the operator can give, and for no other", () => {
  expect(explained().toSorted()).toEqual([...reasons].toSorted());
});

it("the options that the guide names are there", () => {
  const named = [...guide.matchAll(/kubernetes\.operator\.[a-z.-]*[a-z]/g)].map(([key]) => key);
  expect(named.length).toBeGreaterThan(5);
  for (const key of named)
    expect(
      everyOption.some((option) => option.key.startsWith(key)),
      key,
    ).toBe(true);
});
