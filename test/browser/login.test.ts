import { expect, test } from "vitest";
import { fleetRows } from "../support/dashboard/fleetRows.ts";
import { at, cluster, healthy, open, useBrowser } from "./support/browser.ts";

useBrowser();

test("a token that is refused says why, and the right one shows the fleet", async () => {
  const { page } = await open({ user: undefined });
  await page.getByLabel("Token").fill("nonsense");
  await page.keyboard.press("Enter");
  await page.getByText("does not accept this token").waitFor();
  await page.getByLabel("Token").fill("admin");
  await page.keyboard.press("Enter");
  await page.getByRole("table").waitFor();
});

test("the token is not kept by the page", async () => {
  const { page } = await open({ user: undefined });
  await page.getByLabel("Token").fill("admin");
  await page.keyboard.press("Enter");
  await page.getByRole("table").waitFor();
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]),
  );
  expect(kept).not.toContain("admin");
});

test("a link to a resource leads there after the login", async () => {
  const { page } = await open({ user: undefined, at: at(healthy, "state") });
  await page.getByLabel("Token").fill("admin");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Snapshots" }).waitFor();
});

test("an identity provider is a link of its cluster", async () => {
  const { page } = await open({ user: undefined });
  const link = page.getByRole("link", { name: "Sign in with your identity provider" });
  expect(await link.getAttribute("href")).toBe(`/api/oidc/start?cluster=${cluster}`);
});

test("a login that has ended is said, and the page is there again after the next", async () => {
  const { page, fake } = await open({ at: at(healthy) });
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
  fake.endLogin(cluster, "Your token has expired. Sign in again.");
  await page.getByRole("alert").filter({ hasText: "Your token has expired" }).waitFor();
  expect(await page.getByText("checkout-events").count()).toBe(0);
  await page.getByLabel("Token").fill("admin");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
});

test("each cluster has its own login", async () => {
  const clusters = [cluster, "staging"];
  const rows = clusters.flatMap((each) => fleetRows(each, 10, Date.now()));
  const { page } = await open({ user: undefined, clusters, rows });
  await page.getByRole("region", { name: "Cluster staging" }).getByLabel("Token").fill("admin");
  await page.keyboard.press("Enter");
  await page.getByText("10 resources", { exact: true }).waitFor();
  await page.getByText("1 of 2 clusters").click();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("region", { name: "Cluster production" }).getByLabel("Token").fill("reader");
  await page.keyboard.press("Enter");
  await page.getByText("20 resources", { exact: true }).waitFor();
  await page.getByText("2 of 2 clusters").click();
  await page.getByRole("button", { name: "Sign out of staging" }).click();
  await page.getByText("10 resources", { exact: true }).waitFor();
});

test("a server that does not answer at first is asked again", async () => {
  const { page } = await open();
  await page.route("**/api/session", (route) => route.abort(), { times: 2 });
  await page.reload();
  await page.getByText("The dashboard's server does not answer.", { exact: false }).waitFor();
  await page.locator(".body .name").first().waitFor();
  expect(await page.getByText("does not answer.", { exact: false }).count()).toBe(0);
});
