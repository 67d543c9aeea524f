import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { FleetRow } from "../../src/dashboard/contract.ts";
import { MARKUP } from "../support/dashboard/resourcePage.ts";
import { cluster, open, phone, someRows, useBrowser } from "./support/browser.ts";

useBrowser();

const names = (page: Page) => page.locator(".body .name").allTextContents();
const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true });
const found = (id: string): FleetRow => {
  const row = someRows().find((each) => each.id === `${cluster}/${id}`);
  if (row === undefined) throw new Error(`no row ${id}`);
  return row;
};

test("those in trouble come first, with their reason", async () => {
  const { page } = await open();
  const first = page.getByRole("row").nth(1);
  await first.waitFor();
  expect(await first.textContent()).toMatch(/Degraded.*Rolled back to the last stable spec/);
  expect(await page.getByRole("button", { name: /Degraded/ }).textContent()).toContain("5");
});

test("filters, order and groups are in the address, and come back with it", async () => {
  const { page } = await open();
  await link(page, "cart-recovery-7").waitFor();
  await page.getByRole("combobox", { name: "Namespace" }).selectOption("payments");
  await page.getByRole("combobox", { name: "Flink" }).selectOption("2.0");
  await page.getByRole("button", { name: "Restarts" }).click();
  await page.getByRole("combobox", { name: "Group by" }).selectOption("label:team");
  const search = new URL(page.url()).search;
  expect(search).toBe("?namespace=payments&version=v2_0&sort=-restarts&group=label:team");
  const before = await names(page);
  expect(before.length).toBeGreaterThan(1);
  await page.reload();
  await link(page, before[0] as string).waitFor();
  expect(await names(page)).toEqual(before);
  expect(await page.getByRole("columnheader", { name: "Restarts" }).getAttribute("aria-sort")).toBe(
    "descending",
  );
});

test("the way back from a resource keeps the filters", async () => {
  const { page } = await open({ at: "?namespace=payments" });
  await link(page, "cart-recovery-7").click();
  await page.getByRole("heading", { name: "cart-recovery-7" }).waitFor();
  await page.goBack();
  await link(page, "cart-recovery-7").waitFor();
  expect(await page.getByRole("combobox", { name: "Namespace" }).inputValue()).toBe("payments");
});

test("the search and the counters filter", async () => {
  const { page } = await open();
  await page.getByRole("searchbox").fill("rating");
  await page.getByRole("button", { name: /Healthy/ }).click();
  await page.getByRole("button", { name: /Degraded/, pressed: false }).waitFor();
  expect(new Set((await names(page)).map((name) => name.slice(0, 6)))).toEqual(new Set(["rating"]));
  expect(new Set(await page.locator(".body .health").allTextContents())).toEqual(new Set(["Healthy"]));
  await page.getByRole("searchbox").fill("no such thing");
  await page.getByText("No resource matches the filters").waitFor();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await link(page, "cart-recovery-7").waitFor();
});

test("a group can be closed", async () => {
  const { page } = await open({ at: "?group=namespace" });
  const group = page.getByRole("button", { name: "payments", exact: true });
  await group.click();
  expect(await group.getAttribute("aria-expanded")).toBe("false");
  await link(page, "cart-recovery-7").waitFor({ state: "detached" });
});

test("changes are seen without a click", async () => {
  const { page, fake } = await open({ at: "?q=checkout-events-3" });
  await link(page, "checkout-events-3").waitFor();
  const row = found("flinksessionjobs/orders/checkout-events-3");
  fake.change({ ...row, health: "Ready", message: "", parallelism: 77 });
  await page.getByRole("cell", { name: "77" }).waitFor();
  await page.locator(".body .health", { hasText: "Healthy" }).waitFor();
  fake.remove(row.id);
  await link(page, "checkout-events-3").waitFor({ state: "detached" });
});

test("a lost connection is said, and comes back on its own", async () => {
  const { page, fake } = await open();
  await page.getByText("Live", { exact: false }).first().waitFor();
  fake.cut();
  await page.getByText("Connection lost").waitFor();
  await page.locator(".live.is-live").waitFor();
  await link(page, "cart-recovery-7").waitFor();
});

test("what cannot be shown is named", async () => {
  const { page, fake } = await open();
  await link(page, "cart-recovery-7").waitFor();
  fake.send({
    type: "problems",
    cluster,
    messages: ["You may not list flinkdeployments in the namespace risk."],
  });
  await page.getByText("You may not list flinkdeployments in the namespace risk.").waitFor();
});

test("markup stays text", async () => {
  const row = found("flinkdeployments/payments/cart-recovery-7");
  const labels = { team: MARKUP };
  const { page } = await open({
    rows: [{ ...row, name: MARKUP, message: MARKUP, changedBy: MARKUP, labels }],
    at: "?group=label:team",
  });
  await link(page, MARKUP).waitFor();
  expect(await page.locator(".fleet-table img, .fleet-table script").count()).toBe(0);
  expect(await page.title()).not.toContain("attacked");
});

test("it can be used without a mouse", async () => {
  const { page } = await open();
  await link(page, "cart-recovery-7").waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  await page.keyboard.press("Tab");
  expect(await focused()).toContain("Skip to the content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("/");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("type"))).toBe("search");
  await link(page, "cart-recovery-7").focus();
  for (let count = 0; count < 30; count += 1) await page.keyboard.press("ArrowDown");
  const name = (await focused()) as string;
  expect((await names(page)).includes(name)).toBe(true);
  const box = await link(page, name).first().boundingBox();
  expect(box?.y).toBeGreaterThan(0);
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(900);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name, exact: true, level: 1 }).waitFor();
});

test("times are exact where the pointer rests", async () => {
  const { page } = await open({ context: { timezoneId: "Asia/Tokyo" } });
  const time = page.locator(".c-changed time").first();
  expect(await time.getAttribute("title")).toMatch(/GMT\+9$/);
  expect(await time.getAttribute("datetime")).toMatch(/Z$/);
});

test("the colours can be switched, and stay", async () => {
  const { page } = await open();
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: /Change to light/ }).click();
  await page.getByRole("button", { name: /Change to dark/ }).click();
  expect(await background()).not.toBe(light);
  const dark = await background();
  await page.reload();
  await link(page, "cart-recovery-7").waitFor();
  expect(await background()).toBe(dark);
});

test("a phone's width is enough", async () => {
  const { page } = await open({ context: phone });
  await link(page, "cart-recovery-7").waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await page.locator(".body .c-health").first().waitFor();
  await link(page, "cart-recovery-7").tap();
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});
