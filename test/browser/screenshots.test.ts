/**
 * The pictures of README.md and docs/dashboard.md. SCREENSHOTS=docs/images writes them there (`make screenshots`); otherwise they are
 * only made, so that the working tree stays as it is.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { at, cluster, open, phone, useBrowser } from "./support/browser.ts";

useBrowser();

const MOST_BYTES = 150 * 1024;
const wide = { viewport: { width: 1440, height: 620 } };

async function keep(page: Page, name: string): Promise<void> {
  const picture = await page.screenshot({ animations: "disabled" });
  expect(picture.length).toBeLessThan(MOST_BYTES);
  const folder = process.env.SCREENSHOTS;
  if (folder !== undefined)
    await writeFile(join(import.meta.dirname, "../..", folder, `${name}.png`), picture);
}

test("the fleet, light and dark", async () => {
  const { page } = await open({ context: wide });
  await page.locator(".body .name").first().waitFor();
  await page.locator(".live.is-live").waitFor();
  await keep(page, "dashboard-fleet-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await keep(page, "dashboard-fleet-dark");
});

test("a resource", async () => {
  const id = `${cluster}/flinkdeployments/risk/session-windows-5`;
  const { page, fake } = await open({ context: wide });
  const row = [...fake.rows.values()].find((each) => each.health === "InProgress" && each.lag !== undefined);
  await page.goto(`${fake.url}/${at(row?.id ?? id)}`);
  await page.locator(".timeline").waitFor();
  await keep(page, "dashboard-resource");
});

test("a phone", async () => {
  const { page } = await open({ context: phone });
  await page.locator(".body .name").first().waitFor();
  await page.locator(".live.is-live").waitFor();
  await keep(page, "dashboard-phone");
});
