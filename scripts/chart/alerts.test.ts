import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { expect, it } from "vitest";
import { everyMetric } from "../../src/controllers/metrics/metricsPage.ts";
import { buildDashboard, dashboardQueries } from "./dashboard.ts";
import { type Manifest, renderChart } from "./helm.ts";
import { promtool } from "./promtool.ts";

const root = join(import.meta.dirname, "../..");
const rulesFile = join(root, "charts/flink-kubernetes-operator/rules/flink-operator.yaml");
const testsFile = join(import.meta.dirname, "alerts.test.yaml");

interface Rules {
  groups: { rules: { alert: string; expr: string }[] }[];
}
interface RuleTests {
  tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
}
const alerts = (load(readFileSync(rulesFile, "utf8")) as Rules).groups.flatMap(({ rules }) => rules);

it("each alert fires in its case, and none if all is well", async () => {
  expect(await promtool("test", "rules", testsFile)).toContain("SUCCESS");
  const { tests } = load(readFileSync(testsFile, "utf8")) as RuleTests;
  const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
  for (const { alert } of alerts) {
    const own = cases.filter(({ alertname }) => alertname === alert);
    expect([alert, own.some((each) => each.exp_alerts.length > 0)]).toEqual([alert, true]);
    expect([alert, own.some((each) => each.exp_alerts.length === 0)]).toEqual([alert, true]);
  }
}, 120_000);

it("alerts and dashboard use existing metrics", () => {
  const patterns = everyMetric().map(
    ({ name }) => new RegExp(`^${name.replace(/<\w+>/, ".+")}(_bucket|_sum|_count)?$`),
  );
  const queries = [...alerts.map(({ expr }) => expr), ...dashboardQueries()];
  const names = queries.flatMap((query) => [...query.matchAll(/flink_(?:operator|k8soperator)_[\w.+]+/g)]);
  expect(names.length).toBeGreaterThan(30);
  for (const [name] of names) {
    const probe = name.replace(".+", "STABLE");
    expect([name, patterns.some((pattern) => pattern.test(probe))]).toEqual([name, true]);
  }
});

it("each alert has an entry in the troubleshooting guide", () => {
  const guide = readFileSync(join(root, "docs/troubleshooting.md"), "utf8");
  for (const { alert } of alerts) expect(guide).toContain(`\`${alert}\``);
});

it("the chart creates dashboard and rules if they are switched on", () => {
  const kindsOf = (values: object) =>
    renderChart({ values }).filter(({ metadata }) =>
      /dashboard|^flink-kubernetes-operator$/.test(metadata.name),
    );
  const isMonitoring = ({ kind, metadata }: Manifest) =>
    kind === "PrometheusRule" || metadata.name.endsWith("-dashboard");
  expect(kindsOf({}).filter(isMonitoring)).toEqual([]);
  const asked = { create: true, labels: { release: "prometheus" } };
  const [dashboard, rules] = kindsOf({ metrics: { dashboard: asked, rules: asked } })
    .filter(isMonitoring)
    .toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
  expect(dashboard?.metadata.labels).toMatchObject({ release: "prometheus" });
  expect(dashboard?.data["flink-operator.json"]).toBe(buildDashboard());
  expect(rules?.metadata.labels).toMatchObject({ release: "prometheus" });
  expect(rules?.spec).toEqual(load(readFileSync(rulesFile, "utf8")));
}, 600_000);
