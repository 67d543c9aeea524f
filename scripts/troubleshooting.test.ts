import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { everyOption } from "../src/config/operatorOptions.ts";

const root = join(import.meta.dirname, "..");
const guide = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
const explained = new Set([...guide.matchAll(/`([A-Z]\w+)`/g)].map(([, word]) => word));

/** Where a reason is said: as a field, as an argument, as a member of a list of reasons. */
const sayings = [
  /\breason: "([A-Z]\w+)"/g,
  /\b(?:report|upgradeFailure|manualRestore|stalled|reconciling|ready|told|errorOf)\([^;"]*(?:"[^"]*",\s*)?"([A-Z][a-z]\w+)"/g,
  /^ {2}\| "([A-Z][a-z]\w+)"/gm,
  /^ {2}"([A-Z]\w+)",$/gm,
  /^ {2}[A-Z][a-z]+: "([A-Z]\w+)",$/gm,
];
const kinds = ["job", "flinkdeployment", "flinkstatesnapshot", "flinksessionjob"];
const sources = [
  ...kinds.flatMap((folder) => globSync(`src/core/${folder}/**/*.ts`, { cwd: root })),
  "src/controllers/flinkdeployment/project.ts",
].filter((path) => !/\.(test|fixture)\.ts$/.test(path));

it("each reason in the code has an entry in the troubleshooting guide", () => {
  const said = new Set<string>();
  for (const path of sources) {
    const source = readFileSync(join(root, path), "utf8");
    for (const saying of sayings)
      for (const [, word] of source.matchAll(saying)) if (word !== undefined) said.add(word);
  }
  // Reasons that the scan must find, or it is broken.
  for (const word of [
    "Submit",
    "JobFailed",
    "SavepointError",
    "SnapshotAbandoned",
    "Resuming",
    "CrashLoopBackOff",
  ])
    expect(said).toContain(word);
  expect([...said].filter((word) => word !== "Warning" && !explained.has(word))).toEqual([]);
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
