import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { everyOption } from "../src/config/operatorOptions.ts";
import { reasons } from "../src/core/reasons.ts";

const guide = readFileSync(join(import.meta.dirname, "../docs/troubleshooting.md"), "utf8");

/** The reasons in the first column of the table. */
function explained(): string[] {
  const [, section = ""] = guide.split("## Events and reasons");
  const rows = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  return rows.flatMap((row) =>
    [...(row.split(" | ")[0] ?? "").matchAll(/`([\w ]+)`/g)].map(([, word = ""]) => word),
  );
}

it("the troubleshooting guide has one entry for each reason of the operator, and no other entries", () => {
  expect(explained().toSorted()).toEqual([...reasons].toSorted());
});

it("the options in the guide exist", () => {
  const named = [...guide.matchAll(/kubernetes\.operator\.[a-z.-]*[a-z]/g)].map(([key]) => key);
  expect(named.length).toBeGreaterThan(5);
  for (const key of named)
    expect(
      everyOption.some((option) => option.key.startsWith(key)),
      key,
    ).toBe(true);
});
