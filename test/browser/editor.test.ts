import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { at, healthy, open, useBrowser } from "./support/browser.ts";

useBrowser();

async function edit(page: Page, before: string, after: string): Promise<void> {
  const line = page.locator(".cm-line", { hasText: before }).first();
  await line.click();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+End");
  await page.keyboard.type(after);
}

const review = (page: Page) => page.getByRole("button", { name: "Review the plan" }).click();

test("an edit shows its plan, is applied, and is followed to the end", async () => {
  const { page, fake } = await open({ at: at(healthy, "manifest") });
  await edit(page, "parallelism:", "parallelism: 6");
  await review(page);
  const dialog = page.getByRole("dialog", { name: "Apply this edit?" });
  await dialog.getByText("Restarts the job").waitFor();
  await dialog.getByText("about 14 s, as in the last upgrade").waitFor();
  await dialog.getByText("the savepoint that it is stopped with").waitFor();
  expect(fake.received.some(({ method }) => method === "PUT")).toBe(false);
  await dialog.getByRole("button", { name: "Apply" }).click();
  await page.getByText("The edit is made.").waitFor();
  const { body } = fake.received.find(({ method }) => method === "PUT") ?? { body: "{}" };
  expect(JSON.parse(body).manifest).toContain("    parallelism: 6\n");
});

test("a mistake against the schema is marked where it is", async () => {
  const { page } = await open({ at: at(healthy, "manifest") });
  await edit(page, "upgradeMode:", "upgradeMode: sometimes");
  await page.locator(".cm-lintRange-error", { hasText: "upgradeMode" }).hover();
  await page.getByText('spec.job.upgradeMode is "sometimes", and must be one of', { exact: false }).waitFor();
});

test("what is not YAML is marked", async () => {
  const { page } = await open({ at: at(healthy, "manifest") });
  await edit(page, "upgradeMode:", 'upgradeMode: "sav');
  await page.locator(".cm-lint-marker-error").first().waitFor();
});

test("fields are completed from the schema, with what they mean", async () => {
  const { page } = await open({ at: at(healthy, "manifest") });
  await edit(page, "upgradeMode:", "upgr");
  await page.locator(".cm-completionInfo", { hasText: "How state survives an upgrade" }).waitFor();
  await page.getByRole("option", { name: /^upgradeMode/ }).click();
  await page.keyboard.type("st");
  await page.getByRole("option", { name: /^stateless/ }).waitFor();
});

test("what the server refuses is said, and marked at its field", async () => {
  const { page, fake } = await open({ at: at(healthy, "manifest") });
  await edit(page, "parallelism:", "parallelism: 5000");
  await review(page);
  await page.getByText("spec.job.parallelism is 5000, and may be at most 1000.").waitFor();
  await page.locator(".cm-lintRange-error", { hasText: "parallelism" }).waitFor();
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(fake.received.some(({ method }) => method === "PUT")).toBe(false);
});

test("after a conflict the plan is made again against the newest version", async () => {
  const { page, fake } = await open({ at: at(healthy, "manifest") });
  await edit(page, "parallelism:", "parallelism: 6");
  await review(page);
  await page.getByRole("dialog").waitFor();
  const row = fake.rows.get(healthy);
  fake.conflict();
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("Somebody has changed the resource").waitFor();
  if (row !== undefined) fake.change({ ...row, flinkVersion: "v2_3" });
  await page.getByRole("button", { name: "Plan again" }).click();
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByText("The edit is made.").waitFor();
  const versions = fake.received
    .filter(({ method }) => method === "PUT")
    .map(({ body }) => JSON.parse(body).resourceVersion);
  expect(versions).toEqual(["100", "101"]);
});

test("somebody else's change does not take an edit away", async () => {
  const { page, fake } = await open({ at: at(healthy, "manifest") });
  await edit(page, "parallelism:", "parallelism: 6");
  const row = fake.rows.get(healthy);
  if (row !== undefined) fake.change({ ...row, flinkVersion: "v2_3" });
  await page.getByText("The resource has changed since you began to edit.", { exact: false }).waitFor();
  await page.locator(".cm-line", { hasText: "parallelism: 6" }).waitFor();
  await page.getByRole("button", { name: "Discard my edit and load the newest version" }).click();
  await page.locator(".cm-line", { hasText: "flinkVersion: v2_3" }).waitFor();
});
