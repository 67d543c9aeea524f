import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { chartFolder, helm } from "../../../scripts/chart/helm.ts";
import { developmentValues } from "../../../scripts/chart/install.ts";
import { kube, types } from "./cluster.ts";
import { kubectl } from "./commands.ts";
import type { ScenarioNamespace } from "./namespace.ts";
import { until } from "./until.ts";

/** Which files of the chart make a dashboard, with the operator's configuration that it plans with. */
const templates = ["deployment", "service", "secret", "configmap"]
  .map((name) => `templates/dashboard/${name}.yaml`)
  .concat("templates/operator/configmap.yaml");

/** How long a page may take to show what the API server and Flink say. */
const SHOWN_WITHIN_MS = 60_000;

/** The cluster's name in the dashboard, as the chart has it. */
export const dashboardCluster = "local";

/** Runs the chart's dashboard in a namespace, for those who may look into this one alone. Resolves to its URL. */
export async function installDashboard({ name: namespace, directory }: ScenarioNamespace): Promise<string> {
  const manifests = helm(
    ...["template", "dashboard", chartFolder, "--namespace", namespace, "--values", developmentValues],
    ...["--set", `dashboard.enabled=true,dashboard.plainHttp=true,dashboard.namespaces={${namespace}}`],
    ...templates.flatMap((file) => ["--show-only", file]),
  );
  const file = join(directory, "dashboard.yaml");
  writeFileSync(file, manifests, { mode: 0o600 });
  await kubectl("-n", namespace, "apply", "-f", file);
  const name = "flink-kubernetes-operator-dashboard";
  await until("the dashboard is ready", async () => {
    const { status } = await kube().get(types.deployment, namespace, name);
    return (status as { readyReplicas?: number } | undefined)?.readyReplicas === 1;
  });
  const service = await kube().get(types.service, namespace, name);
  const { clusterIP, ports } = service.spec as { clusterIP: string; ports: { port: number }[] };
  return `http://${clusterIP}:${ports[0]?.port}`;
}

/** What docs/dashboard.md asks for: to look at all of a page, and to act. */
const reads = [
  "get,list,watch flinkdeployments,flinksessionjobs,flinkbluegreendeployments,flinkstatesnapshots flink.apache.org",
  "list,get deployments apps",
  "list,get pods,pods/log,services,configmaps,events,services/proxy",
  "list ingresses networking.k8s.io",
];
const writes = [
  "patch flinkdeployments,flinksessionjobs,flinkbluegreendeployments flink.apache.org",
  "create flinkstatesnapshots flink.apache.org",
];

/** A service account with the rights of docs/dashboard.md in its namespace. Resolves to a token of it. */
export async function createUser(
  namespace: string,
  name: string,
  { mayAct }: { readonly mayAct: boolean },
): Promise<string> {
  const rules = [...reads, ...(mayAct ? writes : [])].map((line) => {
    const [verbs = "", resources = "", group = ""] = line.split(" ");
    return { apiGroups: [group], resources: resources.split(","), verbs: verbs.split(",") };
  });
  const metadata = { namespace, name };
  await kube().create(types.serviceAccount, { metadata });
  await kube().create(types.role, { metadata, rules });
  const subject = `--serviceaccount=${namespace}:${name}`;
  await kubectl("-n", namespace, "create", "rolebinding", name, `--role=${name}`, subject);
  return (await kubectl("-n", namespace, "create", "token", name)).trim();
}

/** Debian's Chromium, which is closed when `use` is over. */
export async function withBrowser(use: (browser: Browser) => Promise<void>): Promise<void> {
  // As root, and in containers, Chromium's own sandbox does not start.
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

/** A page of somebody of their own, who signs in with a token. */
export async function signedIn(browser: Browser, url: string, token: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(SHOWN_WITHIN_MS);
  const page = await context.newPage();
  await page.goto(url);
  await signIn(page, token);
  return page;
}

export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
}
