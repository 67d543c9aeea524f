import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { at, cluster, healthy, open, phone, useBrowser } from "./support/browser.ts";

useBrowser();

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds, one line each. */
async function findings(page: Page, options: RunOptions = {}): Promise<string[]> {
  const { violations } = (await page.evaluate(
    ([source, given]) => {
      // A script element would be refused by the content security policy.
      if (!("axe" in window)) new Function(source)();
      return (window as unknown as { axe: { run(options: unknown): Promise<unknown> } }).axe.run(given);
    },
    [axe, options] as const,
  )) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

/** In light colours all rules, in dark ones those on colours. */
async function expectNothing(page: Page): Promise<void> {
  expect(await findings(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  expect(await findings(page, { runOnly: ["color-contrast"] })).toEqual([]);
}

const sql = `${cluster}/flinkdeployments/orders/fraud-scoring`;

describe("axe finds nothing on", () => {
  test.each([
    ["the fleet", "", ".body .name"],
    ["the fleet in groups", "?group=namespace&sort=-lag&health=Stalled,Ready", ".body .group"],
    ["the overview", at(healthy), ".timeline"],
    ["the state", at(healthy, "state"), ".plot canvas"],
    ["pods and logs", at(healthy, "pods"), ".log-line"],
    ["the graph", at(healthy, "graph"), ".vertex"],
    ["the autoscaler", at(healthy, "autoscaler"), ".plot canvas"],
    ["a script", at(sql, "script"), ".script"],
    ["the editor", at(healthy, "manifest"), ".cm-line"],
  ])("%s", async (_, search, shown) => {
    const { page } = await open({ at: search, context: { reducedMotion: "reduce" } });
    await page.locator(shown).first().waitFor();
    await expectNothing(page);
  });

  test("the login", async () => {
    const { page } = await open({ user: undefined });
    await page.getByLabel("Token").fill("nonsense");
    await page.keyboard.press("Enter");
    await page.getByText("does not accept this token").waitFor();
    await expectNothing(page);
  });

  test("a dialog, a menu, and an operation", async () => {
    const { page } = await open({ at: at(healthy), context: { reducedMotion: "reduce" } });
    await page.getByText("More", { exact: true }).click();
    await page.getByText("The job is not suspended.").waitFor();
    await expectNothing(page);
    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByText("about 14 s").waitFor();
    await expectNothing(page);
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.getByText("The job runs with the earlier spec.").waitFor();
    await expectNothing(page);
  });

  test.each([
    ["the fleet", "", ".body .name"],
    ["a resource", at(healthy), ".timeline"],
  ])("a phone with %s", async (_, search, shown) => {
    const { page } = await open({ at: search, context: { ...phone, reducedMotion: "reduce" } });
    await page.locator(shown).first().waitFor();
    await expectNothing(page);
  });
});
