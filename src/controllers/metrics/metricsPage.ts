/** The reference page of the metrics, in Markdown. */

import { flinkConfig } from "../../config/flinkConfig.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import type { Described } from "../../telemetry/metrics/registry.ts";
import { createOperatorMetrics } from "./operatorMetrics.ts";

const code = (text: string): string => `\`${text}\``;

/** All metrics, including those that are off by default. */
export function everyMetric(): Described[] {
  const labels = { host: "", namespace: "", name: "" };
  const metrics = createOperatorMetrics(
    labels,
    flinkConfig({ [operatorOptions.perResourceMetrics.key]: "true" }),
  );
  const nothing = { ready: 0, delayed: 0, running: 0, known: 0, oldestMs: 0 };
  const operator = {
    resources: () => [],
    sessionJobs: () => [],
    snapshots: () => [],
    blueGreen: () => [],
    autoscaled: () => [],
    waves: () => [],
    queue: () => nothing,
    poller: () => ({ clusters: 0, failing: 0, inFlight: 0, waiting: 0, silent: 0, lagMs: 0, entries: 0 }),
  };
  metrics.measure(operator, { shards: 1, shard: () => 0 });
  return metrics.registry.families().toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const rowOf = ({ name, type, labels, help }: Described): string =>
  `| ${code(name)} | ${type} | ${labels.map(code).join(", ")} | ${help} |`;

const tableOf = (metrics: readonly Described[]): string =>
  ["| name | type | labels | meaning |", "|---|---|---|---|", ...metrics.map(rowOf)].join("\n");

export function buildMetricsPage(): string {
  const metrics = everyMetric();
  const isOwn = ({ name }: Described) => name.startsWith("flink_operator_");
  return `${[
    "# Metrics",
    "Served for Prometheus at `/metrics`, on the port of the Prometheus reporter that is configured for the Java " +
      "operator (`kubernetes.operator.metrics.reporter.<name>.port`), or on 9999. Gauges are worked out when somebody " +
      "looks. The number of series depends on namespaces, states, versions and verbs, never on the number of resources, " +
      `but for autoscaled jobs (${code("AutoScaler")}) and what ${code(operatorOptions.perResourceMetrics.key)} switches on.`,
    "Every series has the labels of the Java operator, too: `host`, `namespace` and `name` of the operator's pod. " +
      "`resourcens` and `resourcetype` are the namespace and kind of the resources that are counted. A part of a name " +
      "in angle brackets differs from series to series.",
    "The options that switch groups of them off: [configuration](reference/configuration.md#metrics). A dashboard for " +
      "Grafana and alert rules are in the chart: `metrics.dashboard.create`, `metrics.rules.create`.",
    "For an OpenTelemetry collector, set the operator's environment as OpenTelemetry says: " +
      "`OTEL_METRICS_EXPORTER=otlp` switches the export on (OTLP over HTTP), " +
      "`OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` say where to " +
      "(`http://localhost:4318`), `OTEL_EXPORTER_OTLP_PROTOCOL` or `OTEL_EXPORTER_OTLP_METRICS_PROTOCOL` in which " +
      "encoding (`http/protobuf`; or `http/json`), `OTEL_EXPORTER_OTLP_HEADERS` with which headers, " +
      "`OTEL_METRIC_EXPORT_INTERVAL` how often (60000 milliseconds), `OTEL_RESOURCE_ATTRIBUTES` and " +
      "`OTEL_SERVICE_NAME` whose they are. Summaries are exported as gauges: one of their quantiles, one of their count.",
    "## By the Java operator's names",
    "Not served: `Status_JVM_*`, as there is no JVM. The framework's counts (`JOSDK`) are those of a namespace and " +
      "bear no `resourcename`.",
    tableOf(metrics.filter((metric) => !isOwn(metric))),
    "## Our own",
    tableOf(metrics.filter(isOwn)),
  ].join("\n\n")}\n`;
}
