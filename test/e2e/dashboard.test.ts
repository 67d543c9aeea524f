import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { CSRF_HEADER, type Session } from "../../src/dashboard/contract.ts";
import type { Application } from "./support/application.ts";
import { kube, types } from "./support/cluster.ts";
import { counterArgs } from "./support/counter.ts";
import {
  createUser,
  dashboardCluster,
  installDashboard,
  signedIn,
  signIn,
  withBrowser,
} from "./support/dashboard.ts";
import { type Context, scenario } from "./support/scenario.ts";

scenario(
  "the dashboard shows a job of real Flink, suspends and resumes it, and sees it fail",
  "dashboard",
  async (context) => {
    const { namespace, step } = context;
    const app = await context.apply({
      // A lost TaskManager is the end of the job.
      flinkConfiguration: { "restart-strategy.type": "none" },
      job: { upgradeMode: "savepoint", args: counterArgs({}) },
    });
    const url = await installDashboard(namespace);
    const editor = await createUser(namespace.name, "ann", { mayAct: true });
    const reader = await createUser(namespace.name, "bob", { mayAct: false });
    await app.running();
    await app.checkpointed();
    await withBrowser(async (browser) => {
      step("the fleet and the job's page");
      const page = await signedIn(browser, url, editor);
      await page.getByText("1 resource", { exact: true }).waitFor();
      await page.getByRole("row", { name: /Healthy.*counter/ }).waitFor();
      await page.getByRole("link", { name: app.name, exact: true }).click();
      await showsFlink(page);
      await opensFlinkUi(page);
      step("who may only read is refused by name");
      await refusesReader(browser, url, reader, context);
      step("suspend and resume by the buttons");
      await suspendsAndResumes(page, app);
      step("the job fails under the open page");
      await seesFailure(page, app);
      step("a token that is not valid any more leads to the login, and from there to the page again");
      await asksForLogin(page, context);
    });
  },
  { turns: 4 },
);

const openTab = (page: Page, name: string): Promise<void> =>
  page.getByRole("link", { name, exact: true }).click();

async function showsFlink(page: Page): Promise<void> {
  await openTab(page, "Job graph");
  await page.getByRole("row", { name: /counter.*RUNNING/ }).waitFor();
  await openTab(page, "State");
  await page
    .getByRole("row", { name: /Checkpoint.*completed/ })
    .first()
    .waitFor();
  await page.getByRole("img", { name: "Duration of checkpoints over time" }).locator("canvas").waitFor();
  await openTab(page, "Pods and logs");
  await page.getByText("Flink reports no exception.").waitFor();
  await page.locator(".log-line", { hasText: "INFO" }).first().waitFor();
  await openTab(page, "Overview");
}

/** Flink's own pages, in their sandbox. */
async function opensFlinkUi(page: Page): Promise<void> {
  const [flink] = await Promise.all([
    page.context().waitForEvent("page"),
    page.getByRole("link", { name: "Flink's UI" }).click(),
  ]);
  await flink.getByText("Running Job", { exact: false }).first().waitFor();
  await flink.getByText("RUNNING", { exact: true }).first().waitFor();
  await flink.close();
}

async function refusesReader(
  browser: Browser,
  url: string,
  token: string,
  { namespace }: Context,
): Promise<void> {
  const page = await signedIn(browser, url, token);
  await page.getByRole("link", { name: "counter", exact: true }).click();
  await page.getByText("You may look at this resource, but not act on it.").waitFor();
  const path = `/api/clusters/${dashboardCluster}/namespaces/${namespace.name}/flinkdeployments/counter/actions`;
  const { request } = page.context();
  const session = (await (await request.get(`${url}/api/session`)).json()) as Session;
  const answer = await request.post(`${url}${path}`, {
    headers: { origin: url, [CSRF_HEADER]: session.csrf },
    data: { action: "suspend" },
  });
  expect(answer.status()).toBe(403);
  expect(await answer.text()).toContain(`system:serviceaccount:${namespace.name}:bob`);
  await page.context().close();
}

async function suspendsAndResumes(page: Page, app: Application): Promise<void> {
  await act(page, "Suspend");
  await page.getByText("The job is suspended.").waitFor();
  expect((await app.status()).lifecycleState).toBe("SUSPENDED");
  expect(app.savepoints()).toHaveLength(1);
  await act(page, "Resume");
  await page.getByText("The job runs again.").waitFor();
  await app.running();
  expect(await app.restored(0)).toMatchObject({ gaps: 0, duplicates: 0 });
  await page.getByRole("listitem").filter({ hasText: "Resume" }).first().waitFor();
  await page.getByText(/ by flink-dashboard: system:serviceaccount:.*:ann/).waitFor();
}

async function act(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
}

async function seesFailure(page: Page, app: Application): Promise<void> {
  await openTab(page, "Pods and logs");
  const [pod] = await app.pods("taskManager");
  const { namespace = "", name = "" } = pod?.metadata ?? {};
  await kube().delete(types.pod, namespace, name, { gracePeriodSeconds: 0 });
  await page.getByText("Degraded", { exact: true }).first().waitFor();
  await page.locator(".exception").first().waitFor();
  expect((await app.status()).jobStatus?.state).toBe("FAILED");
}

async function asksForLogin(page: Page, { namespace }: Context): Promise<void> {
  await kube().delete(types.serviceAccount, namespace.name, "ann");
  await page.getByRole("alert").filter({ hasText: "does not accept" }).waitFor();
  const cy = await createUser(namespace.name, "cy", { mayAct: true });
  await signIn(page, cy);
  await page.getByText("Degraded", { exact: true }).first().waitFor();
}
