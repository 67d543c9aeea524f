/** A made-up page of a resource, with something in each of its parts. */
import {
  type Action,
  actions,
  type FleetRow,
  type ResourcePage,
  type Series,
} from "../../../src/dashboard/contract.ts";
import { noise } from "./fleetRows.ts";

/** What a browser would run if it were not shown as text. */
export const MARKUP =
  "<img src=x onerror=\"document.title='attacked'\"><script>document.title='attacked'</script>";

export function resourcePage(row: FleetRow, allowed: boolean, version: number, now: number): ResourcePage {
  const before = (ms: number): string => new Date(now - ms).toISOString();
  const isSuspended = row.health === "Suspended";
  const unavailable: Partial<Record<Action, string>> = {
    ...(isSuspended
      ? {
          suspend: "The job is suspended already.",
          savepoint: "The job does not run.",
          restart: "The job does not run.",
        }
      : { resume: "The job is not suspended." }),
    ...(row.plural === "flinkbluegreendeployments"
      ? {}
      : { approve: "No change waits for approval.", promote: "Only blue/green deployments have sides." }),
  };
  return {
    row,
    generation: version,
    resourceVersion: String(version),
    manifest: manifestOf(row),
    desired:
      row.health === "InProgress"
        ? [
            {
              path: "spec.job.args",
              deployed: "[--edition, 1]",
              desired: "[--edition, 2]",
              effect: "restart",
            },
          ]
        : [],
    explanation: explanationOf(row),
    conditions: [
      {
        ...{ type: "Ready", status: row.health === "Ready" ? "True" : "False", reason: "Running" },
        ...{ message: row.message || "The job runs, as the spec asks.", at: before(5_400_000) },
      },
      {
        ...{ type: "Running", status: isSuspended ? "False" : "True", reason: "JobRunning" },
        ...{ message: "", at: before(86_400_000) },
      },
    ],
    timeline: timelineOf(before),
    snapshots: isSuspended ? [] : snapshotsOf(row, before),
    objects: isSuspended ? [] : objectsOf(row),
    exceptions: [
      {
        at: before(5_460_000),
        name: "org.apache.flink.util.FlinkException: Disconnect from broker 3",
        stack: `org.apache.flink.util.FlinkException: Disconnect from broker 3 ${MARKUP}\n\tat org.apache.flink.connector.kafka.source.reader.KafkaPartitionSplitReader.fetch(KafkaPartitionSplitReader.java:131)\n\tat org.apache.flink.connector.base.source.reader.fetcher.FetchTask.run(FetchTask.java:58)\n\tat java.base/java.lang.Thread.run(Thread.java:840)`,
        task: "Source: orders (3/8)",
      },
    ],
    checkpoints: {
      ...{ completed: 1284, failed: 2, restored: 1 },
      history: Array.from({ length: 12 }, (_, at) => ({
        id: 1286 - at,
        at: before(4000 + at * 10_000),
        status: at === 4 ? "FAILED" : "COMPLETED",
        durationMs: Math.round(700 + noise(at) * 2400),
        bytes: Math.round((row.checkpointBytes ?? 1e7) * (0.9 + noise(at + 9) / 5)),
        isSavepoint: at === 9,
        ...(at === 4
          ? {
              failure: "Checkpoint expired before completing: Sink: invoices (2/4) did not answer in 10 min.",
            }
          : {}),
      })),
    },
    graph: graphOf(),
    ...(row.name.startsWith("fraud") ? { script: { language: "sql" as const, text: script } } : {}),
    ...(row.plural === "flinkbluegreendeployments" ? { sides: sidesOf(row) } : {}),
    ...(row.lag === undefined ? {} : { autoscaler: autoscalerOf(before) }),
    ...(row.plural === "flinkbluegreendeployments"
      ? {
          pendingChange: {
            reason: "The change restarts the job, and the disruption window begins at 22:00 UTC.",
            until: new Date(now + 7_200_000).toISOString(),
            summary: "spec.image: shop:41 → shop:42. The job restarts from a savepoint.",
            generation: 8,
          },
        }
      : {}),
    allowed: allowed ? actions : [],
    unavailable,
    remarks:
      row.health === "Unknown" ? ["Flink's exceptions cannot be read: the JobManager does not answer."] : [],
  };
}

function explanationOf(row: FleetRow): string[] {
  if (row.health === "InProgress")
    return [
      row.message,
      "The savepoint was triggered 4 s ago. The cluster is replaced when it is completed.",
      "If the savepoint fails, the job runs on, and it is tried again.",
    ];
  if (row.message !== "")
    return [row.message, "The operator tries again in 15 min, and at once when the spec is edited."];
  return [
    "The job runs, as the spec asks: the operator has nothing to do.",
    "The JobManager's Deployment has 1 of 1 available, and its REST API answers.",
    "Restarted, the job would be restored from the savepoint that it is stopped with.",
  ];
}

const timelineOf = (before: (ms: number) => string): ResourcePage["timeline"] => [
  {
    ...{ at: before(42_000), kind: "snapshot", reason: "CheckpointCompleted", warning: false },
    message: "Checkpoint 1286 is completed: 5.2 GiB in 1.8 s.",
  },
  {
    ...{ at: before(1_320_000), kind: "rescale", reason: "ScalingReport", warning: false },
    message: "Source: orders from 4 to 8: its lag of 120,000 records is worked off within 10 min.",
  },
  {
    ...{ at: before(5_400_000), kind: "upgrade", reason: "Upgrade", warning: false, downtimeMs: 14_200 },
    message: "spec.image changed from shop:40 to shop:41. Stopped with a savepoint, restored from it.",
  },
  {
    ...{ at: before(5_460_000), kind: "restart", reason: "JobRestarted", warning: true },
    message: "Flink restarted the job: Disconnect from broker 3 in Source: orders (3/8).",
  },
  {
    ...{ at: before(90_000_000), kind: "event", reason: "ValidationError", warning: true },
    message: 'spec.flinkConfiguration.execution.checkpointing.interval: "soon" is not a duration.',
  },
  {
    ...{ at: before(172_800_000), kind: "decision", reason: "Launch", warning: false },
    message: "The resource was never deployed: it starts with empty state.",
  },
];

const snapshotsOf = (row: FleetRow, before: (ms: number) => string): ResourcePage["snapshots"] => [
  {
    ...{
      kind: "checkpoint",
      location: `s3://flink/${row.name}/checkpoints/3ce709e7/chk-1286`,
      at: before(42_000),
    },
    ...{ bytes: row.checkpointBytes ?? 0, trigger: "periodic", wouldRestore: true },
    why: "It is the newest completed snapshot, and Flink lists it.",
  },
  {
    ...{
      name: `${row.name}-savepoint-upgrade-1`,
      kind: "savepoint",
      at: before(5_410_000),
      wouldRestore: false,
    },
    ...{
      location: `s3://flink/${row.name}/savepoints/savepoint-3ce709-8a41`,
      bytes: 4_900_000_000,
      trigger: "upgrade",
    },
    why: "Checkpoint 1286 is newer: from here the job would go 1 h 30 min back.",
  },
];

const objectsOf = (row: FleetRow): ResourcePage["objects"] => {
  const pod = (name: string, ready: boolean, restarts: number) => ({
    ...{
      kind: "Pod",
      name,
      ready,
      state: ready ? "Running, 3 h" : "Pending: no node has 4 CPUs free",
      children: [],
    },
    containers: [
      { name: "flink-main-container", ready, restarts, state: ready ? "running" : "waiting" },
      ...(name.includes("taskmanager")
        ? [{ name: "log-shipper", ready, restarts: 0, state: "running" }]
        : []),
    ],
  });
  return [
    {
      ...{ kind: "Deployment", name: row.name, ready: true, state: "1 of 1 available" },
      children: [
        {
          ...{ kind: "ReplicaSet", name: `${row.name}-6d9f7c4b`, ready: true, state: "1 of 1 ready" },
          children: [pod(`${row.name}-6d9f7c4b-x2v9k`, true, 0)],
        },
      ],
    },
    pod(`${row.name}-taskmanager-1-1`, true, 1),
    pod(`${row.name}-taskmanager-1-2`, row.health !== "InProgress", 0),
    { kind: "Service", name: `${row.name}-rest`, state: "ClusterIP, port 8081", children: [] },
    { kind: "ConfigMap", name: `flink-config-${row.name}`, state: "3 keys", children: [] },
  ];
};

function graphOf(): NonNullable<ResourcePage["graph"]> {
  const vertex = (id: string, name: string, parallelism: number, busy: number, backPressured: number) => ({
    ...{ id, name, parallelism, status: "RUNNING", busy, backPressured },
  });
  return {
    vertices: [
      vertex("a", "Source: orders -> Map -> Filter", 8, 0.41, 0.02),
      vertex("b", "Source: customers", 2, 0.12, 0),
      vertex("c", "Join(joinType=[LeftOuterJoin], where=[(customer = id)])", 8, 0.93, 0),
      vertex("d", "Window(TumblingEventTimeWindows(60000), Aggregate)", 8, 0.64, 0.11),
      vertex("e", "Sink: invoices", 4, 0.22, 0),
      vertex("f", "Sink: alerts", 1, 0.03, 0),
    ],
    edges: [
      { from: "a", to: "c", ship: "HASH" },
      { from: "b", to: "c", ship: "BROADCAST" },
      { from: "c", to: "d", ship: "HASH" },
      { from: "d", to: "e", ship: "REBALANCE" },
      { from: "c", to: "f", ship: "REBALANCE" },
    ],
  };
}

const sidesOf = (row: FleetRow): NonNullable<ResourcePage["sides"]> =>
  (["blue", "green"] as const).map((side) => ({
    side,
    active: side === "blue",
    row: {
      ...row,
      ...{
        id: `${row.cluster}/flinkdeployments/${row.namespace}/${row.name}-${side}`,
        name: `${row.name}-${side}`,
      },
      plural: "flinkdeployments" as const,
      health: side === "blue" ? ("Ready" as const) : ("InProgress" as const),
      message: side === "blue" ? "" : "Verification: the new job has run for 2 of 5 min without a restart.",
    },
  }));

const autoscalerOf = (before: (ms: number) => string): NonNullable<ResourcePage["autoscaler"]> => [
  {
    ...{ id: "a", name: "Source: orders", parallelism: 8 },
    chain: [
      "Measured over 10 min: 42,000 records per second come in, and one subtask processes 6,100 per second when it is busy.",
      "To keep up and to work off the lag of 120,000 records within 10 min, 42,200 per second have to be processed.",
      "With a target utilisation of 0.7 that takes a parallelism of 9.9, rounded up to 10.",
      "The topic has 8 partitions: 8.",
    ],
    history: [
      { at: before(1_320_000), parallelism: 8 },
      { at: before(40_000_000), parallelism: 4 },
    ],
  },
  {
    ...{ id: "c", name: "Join", parallelism: 8 },
    chain: ["Measured over 10 min: busy 93 %, within the limits of 0.4 and 1.0.", "No change."],
    history: [],
  },
];

const script = `CREATE TABLE payments (
  id BIGINT,
  amount DECIMAL(10, 2),
  at TIMESTAMP(3),
  WATERMARK FOR at AS at - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'payments', 'properties.sasl.jaas.config' = '\${KAFKA_LOGIN}');

INSERT INTO alerts
SELECT id, SUM(amount) FROM TABLE(HOP(TABLE payments, DESCRIPTOR(at), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE))
GROUP BY id HAVING SUM(amount) > 10000;
`;

const kinds = {
  flinkdeployments: "FlinkDeployment",
  flinksessionjobs: "FlinkSessionJob",
  flinkbluegreendeployments: "FlinkBlueGreenDeployment",
};

const manifestOf = (row: FleetRow): string => `apiVersion: flink.apache.org/v1beta1
kind: ${kinds[row.plural]}
metadata:
  name: ${row.name}
  namespace: ${row.namespace}
  labels:
    team: ${row.labels.team}
spec:
  # Built from the main branch.
  image: registry.example/shop:41
  flinkVersion: ${row.flinkVersion}
  serviceAccount: flink
  flinkConfiguration:
    execution.checkpointing.interval: 10 s
    state.checkpoints.dir: s3://flink/${row.name}/checkpoints
  jobManager:
    resource:
      cpu: 1
      memory: 2048m
  taskManager:
    resource:
      cpu: 2
      memory: 4096m
  job:
    jarURI: local:///opt/flink/usrlib/shop.jar
    args: [--edition, "1"]
    parallelism: ${row.parallelism}
    upgradeMode: savepoint
    state: ${row.health === "Suspended" ? "suspended" : "running"}
`;

/** An hour of one metric. */
export function seriesOf(metric: Series["metric"], row: FleetRow, now: number): Series[] {
  const times = Array.from({ length: 121 }, (_, at) => Math.round(now / 1000) - (120 - at) * 30);
  const series = (label: string, unit: Series["unit"], value: (at: number) => number): Series => ({
    ...{ metric, label, unit },
    points: times.map((time, at) => [time, value(at)] as const),
  });
  switch (metric) {
    case "parallelism":
      return [
        series("Source: orders", "1", (at) => (at < 76 ? 4 : 8)),
        series("Join", "1", (at) => (at < 40 ? 6 : 8)),
      ];
    case "load":
      return [series("Source: orders", "1", (at) => (at < 76 ? 0.8 : 0.45) + noise(at) * 0.12)];
    case "lag":
      return [
        series("records", "records", (at) => (at < 76 ? 900 * at : Math.max(400, 68_000 - (at - 76) * 2600))),
      ];
    case "checkpointDuration":
      return [series("Checkpoints", "ms", (at) => 900 + noise(at) * 700 + (at === 90 ? 4200 : 0))];
    case "checkpointBytes":
      return [
        series(
          "Checkpoints",
          "bytes",
          (at) => (row.checkpointBytes ?? 1e7) * (0.8 + at / 600 + noise(at) / 60),
        ),
      ];
  }
}

export function logOf(pod: string, previous: boolean, tail: number, grown: number, now: number): string {
  if (previous) return `2026-12-01 08:00:00,000 INFO  org.apache.flink.runtime - the container before\n`;
  const lines = Array.from({ length: 400 + grown }, (_, at) => {
    const time = new Date(now - (400 + grown - at) * 1000).toISOString().replace("T", " ").replace("Z", "");
    if (at % 97 === 50)
      return `${time} WARN  org.apache.kafka.clients.NetworkClient - broker 3 of ${pod} is not available`;
    if (at % 151 === 80) return `${time} ERROR org.apache.flink.runtime.taskmanager.Task - ${MARKUP}`;
    return `${time} INFO  org.apache.flink.runtime.checkpoint.CheckpointCoordinator - Completed checkpoint ${at} (${1000 + at} bytes, duration=${Math.round(noise(at) * 900)} ms)`;
  });
  return `${lines.slice(-tail).join("\n")}\n`;
}
