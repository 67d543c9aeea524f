/** The dashboard for Grafana: the panels are declared here, and the JSON is generated from them. */

interface Panel {
  readonly title: string;
  readonly unit: "short" | "s" | "bytes" | "reqps";
  /** The queries by the legend of their series. */
  readonly series: Readonly<Record<string, string>>;
}

interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const quantile = (q: number, histogram: string, by: string): string =>
  `histogram_quantile(${q}, sum by (le, ${by}) (rate(${histogram}_bucket[$__rate_interval])))`;

const rows: readonly Row[] = [
  {
    title: "Resources",
    panels: [
      {
        title: "FlinkDeployments by lifecycle state",
        unit: "short",
        series: {
          "{{__name__}}":
            'sum by (__name__) ({__name__=~"flink_k8soperator_namespace_Lifecycle_State_.+_Count",resourcens=~"$resourcens"})',
        },
      },
      {
        title: "FlinkDeployments by namespace",
        unit: "short",
        series: {
          "{{resourcens}}":
            'sum by (resourcens) (flink_k8soperator_namespace_Count{resourcens=~"$resourcens"})',
        },
      },
      {
        title: "How long an upgrade takes",
        unit: "s",
        series: {
          median:
            'max(flink_k8soperator_FlinkDeployment_Lifecycle_Transition_Upgrade_TimeSeconds{quantile="0.5"})',
          "99 %":
            'max(flink_k8soperator_FlinkDeployment_Lifecycle_Transition_Upgrade_TimeSeconds{quantile="0.99"})',
        },
      },
      {
        title: "Completed snapshots by age",
        unit: "short",
        series: { "{{kind}}, {{age}}": "sum by (kind, age) (flink_operator_snapshots)" },
      },
    ],
  },
  {
    title: "The operator",
    panels: [
      { title: "Replicas that act", unit: "short", series: { "{{host}}": "flink_operator_leading" } },
      {
        title: "Queue",
        unit: "short",
        series: {
          ready: "sum(flink_operator_queue_ready)",
          running: "sum(flink_operator_queue_running)",
          delayed: "sum(flink_operator_queue_delayed)",
        },
      },
      {
        title: "Longest wait in the queue",
        unit: "s",
        series: { "{{host}}": "flink_operator_queue_oldest_seconds" },
      },
      {
        title: "Passes",
        unit: "reqps",
        series: {
          "{{kind}}, {{outcome}}":
            "sum by (kind, outcome) (rate(flink_operator_passes_total[$__rate_interval]))",
        },
      },
      {
        title: "How long a pass takes (99 %)",
        unit: "s",
        series: {
          "{{kind}}": quantile(0.99, "flink_operator_pass_seconds", "kind"),
          "{{kind}}, to decide": quantile(0.99, "flink_operator_decide_seconds", "kind"),
          "{{kind}}, to act": quantile(0.99, "flink_operator_act_seconds", "kind"),
        },
      },
      {
        title: "Resident memory",
        unit: "bytes",
        series: { "{{host}}": "flink_operator_resident_memory_bytes" },
      },
    ],
  },
  {
    title: "Kubernetes",
    panels: [
      {
        title: "Requests to the API server",
        unit: "reqps",
        series: {
          "{{verb}} {{kind}}":
            "sum by (verb, kind) (rate(flink_operator_api_requests_total[$__rate_interval]))",
        },
      },
      {
        title: "Answers that are errors, or none",
        unit: "reqps",
        series: {
          "{{answer}}":
            'sum by (answer) (rate(flink_operator_api_requests_total{answer!="2xx"}[$__rate_interval]))',
        },
      },
      {
        title: "How long a request takes (99 %)",
        unit: "s",
        series: { "{{verb}}": quantile(0.99, "flink_operator_api_request_seconds", "verb") },
      },
    ],
  },
  {
    title: "Flink",
    panels: [
      {
        title: "JobManagers",
        unit: "short",
        series: {
          observed: "sum(flink_operator_clusters)",
          failing: "sum(flink_operator_clusters_failing)",
          silent: "sum(flink_operator_clusters_silent)",
        },
      },
      {
        title: "Calls to JobManagers",
        unit: "reqps",
        series: {
          "{{what}}, {{outcome}}":
            "sum by (what, outcome) (rate(flink_operator_flink_calls_total[$__rate_interval]))",
        },
      },
      {
        title: "How far observation is behind",
        unit: "s",
        series: { "{{host}}": "flink_operator_flink_poll_lag_seconds" },
      },
    ],
  },
];

const datasource = { type: "prometheus", uid: "${datasource}" };
const columns = 3;
const width = 24 / columns;
const height = 8;

function panelOf({ title, unit, series }: Panel, x: number, y: number, id: number) {
  return {
    id,
    type: "timeseries",
    title,
    datasource,
    gridPos: { x, y, w: width, h: height },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: Object.entries(series).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat,
    })),
  };
}

/** The queries of all panels. */
export const dashboardQueries = (): string[] =>
  rows.flatMap(({ panels }) => panels.flatMap(({ series }) => Object.values(series)));

export function buildDashboard(): string {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: "row",
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: 24, h: 1 },
      panels: [],
    });
    y += 1;
    for (const [index, panel] of row.panels.entries()) {
      const top = y + height * Math.floor(index / columns);
      panels.push(panelOf(panel, width * (index % columns), top, panels.length + 1));
    }
    y += height * Math.ceil(row.panels.length / columns);
  }
  const variables = [
    { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
    {
      name: "resourcens",
      label: "Namespace",
      type: "query",
      datasource,
      query: "label_values(flink_k8soperator_namespace_Count, resourcens)",
      refresh: 2,
      multi: true,
      includeAll: true,
      allValue: ".*",
      current: { text: "All", value: "$__all" },
    },
  ];
  const dashboard = {
    uid: "flink-kubernetes-operator",
    title: "Flink Kubernetes Operator",
    tags: ["flink"],
    schemaVersion: 39,
    time: { from: "now-6h", to: "now" },
    refresh: "30s",
    templating: { list: variables },
    panels,
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
