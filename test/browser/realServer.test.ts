import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { KubeObject } from "../../src/api/kubernetes.ts";
import { type RealDashboard, realDashboard, tokens } from "../support/dashboard/realDashboard.ts";
import { atEnd, openPage, phone, useBrowser } from "./support/browser.ts";

/** The front end with the server that it is made for, and its headers. */

useBrowser();

const orders = "?resource=one/flinkdeployments/team-a/orders";

async function start(): Promise<RealDashboard> {
  const dashboard = await realDashboard();
  atEnd(() => dashboard.close());
  return dashboard;
}

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
}

async function signedIn({ url }: RealDashboard, at = ""): Promise<Page> {
  const page = await openPage(`${url}/${at}`);
  await signIn(page, tokens.admin);
  return page;
}

const statusOf = (object: KubeObject) => (object.status ?? {}) as Record<string, unknown>;
const specOf = ({ api }: RealDashboard) => api.get("flinkdeployments", "team-a", "orders")?.spec;

/** What the operator writes when it is done. */
const settled = (lifecycleState: string) => (object: KubeObject) => ({
  status: {
    ...statusOf(object),
    lifecycleState,
    observedGeneration: object.metadata.generation,
    conditions: [{ type: "Ready", status: "True", reason: lifecycleState, message: "As the spec asks." }],
  },
});

test("signs in with a token, sees a live fleet, and opens every part of a page", async () => {
  const dashboard = await start();
  const page = await openPage(dashboard.url);
  await signIn(page, "nonsense");
  await page.getByText("The API server of one does not accept this token.").waitFor();
  await signIn(page, tokens.admin);
  await page.getByText("2 resources", { exact: true }).waitFor();
  dashboard.change("payments", (object) => ({
    status: { ...statusOf(object), conditions: [], lifecycleState: "FAILED", error: "no room" },
  }));
  await page.getByRole("row", { name: /Degraded.*payments.*no room/ }).waitFor();

  await page.getByRole("link", { name: "orders" }).click();
  await page.getByText("down for 15 s").waitFor();
  const part = (name: string) => page.getByRole("link", { name, exact: true }).click();
  await part("State");
  await page.getByRole("img", { name: "Size of checkpoints over time" }).locator("canvas").waitFor();
  await page.getByRole("cell", { name: "the disk is full" }).waitFor();
  await part("Pods and logs");
  await page.getByText("ERROR <img src=x onerror=alert(1)> failed").waitFor();
  await page.getByText("java.io.IOException", { exact: true }).waitFor();
  await part("Job graph");
  await page.getByRole("row", { name: /Sink.*RUNNING/ }).waitFor();
  await part("Manifest");
  await page.locator(".cm-content").getByText("parallelism").waitFor();
  expect(dashboard.log()).not.toContain(tokens.admin);
});

test("an action names its effect, is done once, and is followed to its end", async () => {
  const dashboard = await start();
  const page = await signedIn(dashboard, orders);
  await page.getByRole("button", { name: "Suspend" }).click();
  const dialog = page.getByRole("dialog", { name: "Suspend the job?" });
  await dialog.getByText("Stops the job").waitFor();
  expect(specOf(dashboard)).toMatchObject({ job: { state: "running" } });
  await dialog.getByRole("button", { name: "Suspend" }).click();
  await page.getByText("It is to be suspended.").waitFor();
  expect(specOf(dashboard)).toMatchObject({ job: { state: "suspended" } });
  dashboard.change("orders", settled("SUSPENDED"));
  await page.getByText("The job is suspended.").waitFor();
  await page.getByRole("button", { name: "Resume" }).waitFor();
  expect(dashboard.log()).toMatch(/"action":"suspend"/);
});

test("a savepoint is followed until it is completed, not until it is asked for", async () => {
  const dashboard = await start();
  const page = await signedIn(dashboard, `${orders}&tab=state`);
  await page.getByRole("button", { name: "Take savepoint" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take savepoint" }).click();
  const [namespace, name] = ["team-a", "orders-savepoint-x"];
  await page.getByText(`It is FlinkStateSnapshot ${name}.`).waitFor();
  // The page is made again when the resource has changed.
  dashboard.change("orders", () => ({}));
  await page.getByText("it is requested").waitFor();
  expect(await page.getByText("The savepoint is completed.").count()).toBe(0);
  const asked = dashboard.api.get("flinkstatesnapshots", namespace, name);
  dashboard.api.put("flinkstatesnapshots", {
    ...(asked as KubeObject),
    status: { state: "COMPLETED", path: "s3://flink/orders/savepoints/savepoint-new" },
  });
  dashboard.change("orders", () => ({}));
  await page.getByText("The savepoint is completed.").waitFor();
  await page.getByText("s3://flink/orders/savepoints/savepoint-new", { exact: true }).waitFor();
});

test("a failed job is rolled back, and a change that waits is approved", async () => {
  const dashboard = await start();
  dashboard.change("orders", (object) => ({
    status: { ...statusOf(object), conditions: [{ type: "Stalled", status: "True", message: "no room" }] },
  }));
  const page = await signedIn(dashboard, orders);
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("button", { name: "Rescale" }).click();
  await page.getByLabel("New parallelism").waitFor();
  // It has the present one, which is no mistake.
  expect(await page.getByRole("alert").count()).toBe(0);
  await page.keyboard.press("Escape");
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("button", { name: "Roll back" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("about 15 s, as in the last upgrade").waitFor();
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await page.locator('.operation[data-state="asked"]').waitFor();
  expect(specOf(dashboard)).toMatchObject({ job: { parallelism: 1 } });
  // The operator has not seen it yet: that it is still Degraded says nothing.
  dashboard.change("orders", ({ metadata }) => ({ metadata: { ...metadata, labels: { seen: "later" } } }));
  await page.locator(".labels", { hasText: "later" }).waitFor();
  expect(await page.getByText("It failed.").count()).toBe(0);

  dashboard.change("orders", (object) => ({
    status: {
      ...settled("STABLE")(object).status,
      pendingChange: {
        ...{ generation: object.metadata.generation, waitsFor: "Approval", effect: "restart" },
        ...{ changes: ["spec.image"], steps: ["stop the job with a savepoint"] },
      },
    },
  }));
  await page.getByText("It waits for approval.").waitFor();
  await page.getByRole("button", { name: "Approve change" }).click();
  await dialog.getByText("The change (spec.image) is carried out: stop the job with a savepoint.").waitFor();
  await dialog.getByRole("button", { name: "Approve change" }).click();
  await page.getByText("The change is approved.").waitFor();
  const { annotations } = dashboard.api.get("flinkdeployments", "team-a", "orders")?.metadata ?? {};
  expect(annotations).toEqual({ "flink.apache.org/approved-generation": "3" });
});

test("an edit is planned, a conflict keeps it, and it is applied to the newest version", async () => {
  const dashboard = await start();
  const page = await signedIn(dashboard, `${orders}&tab=manifest`);
  await page.locator(".cm-line", { hasText: "parallelism:" }).click();
  await page.keyboard.press("End");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("3");
  await page.getByRole("button", { name: "Review the plan" }).click();
  const dialog = page.getByRole("dialog", { name: "Apply this edit?" });
  await dialog.getByText("spec.job.parallelism", { exact: false }).first().waitFor();
  dashboard.change("orders", ({ metadata, spec }) => ({
    metadata: { ...metadata, generation: 3 },
    spec: { ...(spec as object), image: "flink:9" },
  }));
  await dialog.getByRole("button", { name: "Apply" }).click();
  await dialog.getByText("The resource has changed since the editor was opened", { exact: false }).waitFor();
  expect(specOf(dashboard)).toMatchObject({ job: { parallelism: 2 } });
  await dialog.getByRole("button", { name: "Plan again" }).click();
  // What others have changed is not lost unseen. The newest version comes by itself.
  await dialog.getByText("Others have changed the resource", { exact: false }).waitFor();
  await dialog.getByText("image: flink:9", { exact: false }).waitFor();
  await dialog.getByRole("button", { name: "Apply" }).click();
  await page.getByText("The edit is stored, and the operator carries it out.").waitFor();
  expect(specOf(dashboard)).toMatchObject({ job: { parallelism: 3 }, image: "flink:2.3" });
});

test("a login that ends, and a session that is gone, lead to the page again", async () => {
  const dashboard = await start();
  const page = await signedIn(dashboard, orders);
  const timeline = page.getByRole("heading", { name: "Timeline" });
  await timeline.waitFor();
  const user = dashboard.api.users.get(tokens.admin);
  dashboard.api.users.delete(tokens.admin);
  await page.getByRole("alert").filter({ hasText: "does not accept" }).waitFor();
  expect(await page.getByText("down for 15 s").count()).toBe(0);
  dashboard.api.users.set("new-token", user ?? { name: "", may: () => false });
  await signIn(page, "new-token");
  await timeline.waitFor();

  await page.context().clearCookies();
  await page.getByRole("button", { name: "Suspend" }).click();
  await page.getByLabel("Token").waitFor();
  await signIn(page, "new-token");
  await timeline.waitFor();
});

test("who may look into one namespace alone names it, also on a phone in the dark", async () => {
  const dashboard = await start();
  const page = await openPage(dashboard.url, { ...phone, colorScheme: "dark" });
  await signIn(page, tokens.teamA);
  await page.getByText("You may not list and watch flinkdeployments", { exact: false }).waitFor();
  await page.getByLabel("Look into the namespace").fill("team-a");
  await page.keyboard.press("Enter");
  await page.getByText("1 resource", { exact: true }).waitFor();
  expect(page.url()).toContain("namespace=team-a");
  expect(await page.getByRole("link", { name: "payments" }).count()).toBe(0);
  await page.goto(`${dashboard.url}/?resource=one/flinkdeployments/team-b/payments`);
  await page.getByText("ann may not get flinkdeployments", { exact: false }).waitFor();
  expect(await page.getByText("Connection lost", { exact: false }).count()).toBe(0);
});

test("Flink's UI works in its sandbox, and does not reach the dashboard", async () => {
  const dashboard = await start();
  const page = await signedIn(dashboard, orders);
  const [flink] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: "Flink's UI" }).click(),
  ]);
  await flink.getByRole("heading", { name: "Flink 2.3.0" }).waitFor();
  const style = await flink.getByRole("heading").evaluate((heading) => getComputedStyle(heading).color);
  expect(style).toBe("rgb(1, 2, 3)");
  const stolen = await flink.evaluate(async () => {
    const read = () => fetch("/api/session", { credentials: "include" }).then((answer) => answer.text());
    return [self.origin, window.opener, await read().catch(() => "refused")];
  });
  expect(stolen).toEqual(["null", null, "refused"]);
});
