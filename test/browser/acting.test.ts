import { expect, test } from "vitest";
import type { ActionRequest } from "../../src/dashboard/contract.ts";
import type { FakeDashboard } from "../support/dashboard/fakeDashboard.ts";
import { at, healthy, open, useBrowser } from "./support/browser.ts";

useBrowser();

const asked = (fake: FakeDashboard): ActionRequest[] =>
  fake.received.filter(({ path }) => path.endsWith("/actions")).map(({ body }) => JSON.parse(body));

test("an action names its effect, asks once, and shows its progress to the end", async () => {
  const { page, fake } = await open({ at: at(healthy) });
  await page.getByRole("button", { name: "Suspend" }).click();
  const dialog = page.getByRole("dialog", { name: "Suspend the job?" });
  await dialog.getByText("Stops the job").waitFor();
  await dialog.getByText("stays down until it is resumed").waitFor();
  expect(asked(fake)).toEqual([{ action: "suspend", dryRun: true }]);
  await dialog.getByRole("button", { name: "Suspend" }).click();
  await page.locator('.operation[data-state="working"]').waitFor();
  await page.getByText("The job is suspended.").waitFor();
  expect(asked(fake)).toEqual([{ action: "suspend", dryRun: true }, { action: "suspend" }]);
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.getByRole("button", { name: "Resume" }).waitFor();
});

test("Escape cancels, gives the focus back, and nothing is done", async () => {
  const { page, fake } = await open({ at: at(healthy) });
  await page.getByRole("button", { name: "Suspend" }).click();
  await page.getByText("Stops the job").waitFor();
  for (let count = 0; count < 5; count += 1) {
    await page.keyboard.press("Tab");
    const isOutside = await page.evaluate(
      () => document.activeElement !== document.body && document.activeElement?.closest("dialog") === null,
    );
    expect(isOutside).toBe(false);
  }
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Suspend");
  expect(asked(fake)).toEqual([{ action: "suspend", dryRun: true }]);
});

test("a savepoint is done when it is in the ledger", async () => {
  const { page } = await open({ at: at(healthy, "state") });
  await page.getByRole("button", { name: "Take savepoint" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take savepoint" }).click();
  await page.getByText("The savepoint is completed.").waitFor();
  await page.getByText("s3://flink/checkout-events/savepoints/asked-for-", { exact: false }).waitFor();
});

test("a rescale names the effect of the number that is entered", async () => {
  const { page, fake } = await open({ at: at(healthy) });
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("button", { name: "Rescale" }).click();
  await page.getByLabel("New parallelism").fill("12");
  await page.getByText("with a parallelism of 12").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Rescale" }).click();
  await page.getByText("The job runs with the new parallelism.").waitFor();
  expect(asked(fake).at(-1)).toEqual({ action: "rescale", parallelism: 12 });
});

test("a rollback goes to the stable spec, and names its downtime", async () => {
  const { page, fake } = await open({ at: at(healthy) });
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("button", { name: "Roll back" }).click();
  await page.getByText("about 14 s, as in the last upgrade").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await page.getByText("The job runs with the earlier spec.").waitFor();
  expect(asked(fake)).toEqual([{ action: "rollback", dryRun: true }, { action: "rollback" }]);
});

test("what cannot be done now says why", async () => {
  const { page } = await open({ at: at(healthy) });
  await page.getByText("More", { exact: true }).click();
  const resume = page.getByRole("button", { name: /^Resume/ });
  expect(await resume.getAttribute("aria-disabled")).toBe("true");
  await page.getByText("The job is not suspended.").waitFor();
  await resume.click({ force: true });
  expect(await page.getByRole("dialog").count()).toBe(0);
});

test("an approval names the generation that was shown", async () => {
  const { page, fake } = await open();
  const row = [...fake.rows.values()].find(({ plural }) => plural === "flinkbluegreendeployments");
  await page.goto(`${fake.url}/${at(row?.id ?? "")}`);
  await page.getByRole("button", { name: "Approve change" }).click();
  await page.getByText("The change that waits is made now.").waitFor();
  expect(asked(fake)).toEqual([{ action: "approve", generation: 8, dryRun: true }]);
});

test("who may only look is offered no action", async () => {
  const { page } = await open({ at: at(healthy), user: "reader" });
  await page.getByText("You may look at this resource, but not act on it.").waitFor();
  expect(await page.getByRole("button", { name: "Suspend" }).count()).toBe(0);
  await page.getByRole("link", { name: "Manifest" }).click();
  await page.getByText("You may read this manifest, but not change it.").waitFor();
});
