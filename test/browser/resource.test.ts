import { expect, test } from "vitest";
import { at, cluster, healthy, open, useBrowser } from "./support/browser.ts";

useBrowser();

test("the overview says what the operator does, what differs, and what happened", async () => {
  const { page, fake } = await open({ at: at(healthy) });
  await page.getByText("the operator has nothing to do").waitFor();
  await page.getByText("What runs is what the spec asks for.").waitFor();
  await page.getByText("down for 14 s").waitFor();
  const row = fake.rows.get(healthy);
  if (row !== undefined) fake.change({ ...row, health: "InProgress", message: "Upgrading" });
  await page.getByRole("rowheader", { name: "spec.job.args" }).waitFor();
  await page.getByText("If the savepoint fails, the job runs on").waitFor();
});

test("the timeline can be narrowed to one kind", async () => {
  const { page } = await open({ at: at(healthy) });
  await page.getByText("Launch", { exact: true }).waitFor();
  await page.getByRole("combobox", { name: "Show" }).selectOption("Upgrade");
  expect(await page.locator(".timeline li").count()).toBe(1);
});

test("the ledger marks the snapshot that would be restored, and says why", async () => {
  const { page } = await open({ at: at(healthy, "state") });
  const chosen = page.getByRole("listitem").filter({ hasText: "would be restored" });
  expect(await chosen.textContent()).toContain("It is the newest completed snapshot");
  await page.getByText("from here the job would go 1 h 30 min back").waitFor();
  await page.getByText("Checkpoint expired before completing", { exact: false }).waitFor();
});

test("plots are drawn, and say in words what is now", async () => {
  const { page } = await open({ at: at(healthy, "autoscaler") });
  await page.getByText("Source: orders: 8, Join: 8").waitFor();
  await page.locator(".plot canvas").nth(2).waitFor();
  const drawn = await page
    .locator(".plot canvas")
    .first()
    .evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const data =
        (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
      return data.some((value) => value !== 0);
    });
  expect(drawn).toBe(true);
  await page.getByText("The topic has 8 partitions: 8.").waitFor();
});

test("logs follow, can be narrowed, and markup in them stays text", async () => {
  const { page } = await open({ at: at(healthy, "pods") });
  const log = page.getByRole("region", { name: /^Log of/ });
  const last = () => log.locator(".log-line").last().textContent();
  await log.getByText("Completed checkpoint 400 ").waitFor();
  await log.getByText("Completed checkpoint 402 ").waitFor();
  expect(await log.evaluate((box) => box.scrollTop + box.clientHeight + 2 >= box.scrollHeight)).toBe(true);
  await page.getByPlaceholder("Only lines with…").fill("attacked");
  await expect.poll(last).toContain("<script>");
  expect(await log.locator("img, script").count()).toBe(0);
  expect(await page.title()).not.toContain("attacked");
  await page.getByPlaceholder("Only lines with…").fill("");
  await page
    .getByRole("combobox", { name: "Pod", exact: true })
    .selectOption("checkout-events-taskmanager-1-1");
  await page.getByRole("combobox", { name: "Container", exact: true }).selectOption("log-shipper");
  await page.getByLabel("Previous container").check();
  await log.getByText("the container before").waitFor();
});

test("owned objects are a tree with the states of pods", async () => {
  const { page } = await open({ at: at(healthy, "pods") });
  const pod = page.getByRole("listitem").filter({ hasText: "checkout-events-taskmanager-1-1" }).last();
  expect(await pod.textContent()).toMatch(/flink-main-container.*1 restart.*log-shipper/);
});

test("the graph shows each vertex, and a table says the same", async () => {
  const { page } = await open({ at: at(healthy, "graph") });
  await page.locator(".vertex").nth(5).waitFor();
  expect(await page.locator(".edge").count()).toBe(5);
  await page.getByRole("row", { name: /Join.*93 %/ }).waitFor();
});

test("a script is shown as it is in the spec", async () => {
  const { page } = await open({ at: at(`${cluster}/flinkdeployments/orders/fraud-scoring`, "script") });
  await page.getByText("${KAFKA_LOGIN}", { exact: false }).waitFor();
});

test("both sides of a blue/green deployment are shown, with the change that waits", async () => {
  const { page, fake } = await open();
  const row = [...fake.rows.values()].find(({ plural }) => plural === "flinkbluegreendeployments");
  await page.goto(`${fake.url}/${at(row?.id ?? "")}`);
  await page.getByRole("heading", { name: "Blue serves" }).waitFor();
  await page.getByText("the disruption window begins at 22:00 UTC", { exact: false }).waitFor();
});

test("Flink's own UI is reached through the dashboard", async () => {
  const { page } = await open({ at: at(healthy) });
  const link = page.getByRole("link", { name: /Flink's UI/ });
  expect(await link.getAttribute("href")).toBe(
    "/api/clusters/production/namespaces/orders/flinkdeployments/checkout-events/flink/",
  );
});

test("what was seen of a resource can be read after it is gone", async () => {
  const { page, fake } = await open({ at: at(healthy) });
  await page.getByText("down for 14 s").waitFor();
  fake.remove(healthy);
  fake.cut();
  await page.getByText("What was last seen of it is below").waitFor();
  await page.getByText("down for 14 s").waitFor();
});

test("a resource that is not there says so", async () => {
  const { page } = await open({ at: at(`${cluster}/flinkdeployments/orders/nothing`) });
  await page.getByText("There is no flinkdeployments orders/nothing any more.").waitFor();
});
