import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Counts, totalOf } from "./measure/audit.ts";
import type { Figures } from "./measure/meter.ts";
import type { EditsResult, RunResult } from "./results.ts";

/** One row of the table: what it says of a run, or undefined if that was not measured. */
interface Row {
  readonly what: string;
  of(run: RunResult): string | undefined;
}

const seconds = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : `${value < 10 ? value.toFixed(1) : value.toFixed(0)} s`;
const mib = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : `${value.toFixed(0)} MiB`;
const percent = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : `${(value * 100).toFixed(1)} %`;
const number = (value: number | undefined): string | undefined => value?.toFixed(1);
const times = (value: number | undefined, of: number | undefined): string =>
  value === undefined || of === undefined ? "" : ` (${(value / of).toFixed(1)} x)`;

const requestsOf = (figures: Figures | undefined): number | undefined => figures && totalOf(figures.requests);
const callsOf = (figures: Figures | undefined): number | undefined => figures && totalOf(figures.flink.calls);
const cpuShare = (figures: Figures | undefined): number | undefined =>
  figures && figures.operator.cpuSeconds / figures.seconds;
const each = (value: number | undefined, resources: number): number | undefined =>
  value === undefined ? undefined : value / resources;
const perMinute = (value: number | undefined, { resources, rest }: RunResult): number | undefined =>
  value === undefined || rest === undefined ? undefined : value / resources / (rest.seconds / 60);

/** Status writes among requests. */
const statusWrites = (counts: Counts): number =>
  totalOf(Object.fromEntries(Object.entries(counts).filter(([what]) => what.includes("/status"))));

const firstAct = (edits: EditsResult | undefined): string | undefined =>
  edits &&
  `${edits.firstActMs.p50.toFixed(0)} / ${edits.firstActMs.p99.toFixed(0)} ms (${edits.firstActMs.count} edits)`;

const rows: readonly Row[] = [
  { what: "start → ready, nothing there", of: ({ start }) => seconds(start?.readySeconds) },
  { what: "RSS then", of: ({ start }) => mib(start?.rssMiB) },
  { what: "bare client: its own writes", of: ({ bare }) => seconds(bare?.writesSeconds) },
  { what: "bare client: until all pods run", of: ({ bare }) => seconds(bare?.podsSeconds) },
  { what: "bare client: API server's CPU", of: ({ bare }) => seconds(bare?.apiServerCpuSeconds) },
  {
    what: "creation: all Deployments exist",
    of: ({ creation, bare }) =>
      creation &&
      `${seconds(creation.toDeployments.seconds)}${times(creation.toDeployments.seconds, bare?.podsSeconds)}`,
  },
  {
    what: "creation: the last pod runs",
    of: ({ creation, bare }) =>
      creation && `${seconds(creation.podsSeconds)}${times(creation.podsSeconds, bare?.podsSeconds)}`,
  },
  { what: "creation: all RUNNING", of: ({ creation }) => seconds(creation?.toRunning.seconds) },
  {
    what: "operator's CPU, to Deployments / to RUNNING",
    of: ({ creation }) =>
      creation &&
      `${seconds(creation.toDeployments.operator.cpuSeconds)} / ${seconds(creation.toRunning.operator.cpuSeconds)}`,
  },
  {
    what: "API server's CPU, to Deployments / to RUNNING",
    of: ({ creation }) =>
      creation &&
      `${seconds(creation.toDeployments.apiServerCpuSeconds)} / ${seconds(creation.toRunning.apiServerCpuSeconds)}`,
  },
  {
    what: "API requests per resource, to RUNNING",
    of: ({ creation, resources }) => number(each(requestsOf(creation?.toRunning), resources)),
  },
  {
    what: "… of them status writes",
    of: ({ creation, resources }) =>
      creation && number(each(statusWrites(creation.toRunning.requests), resources)),
  },
  { what: "RSS, peak of the creation", of: ({ creation }) => mib(creation?.toRunning.operator.peakRssMiB) },
  { what: "at rest: CPU of one core", of: ({ rest }) => percent(cpuShare(rest)) },
  { what: "at rest: RSS", of: ({ rest }) => mib(rest?.operator.rssMiB) },
  {
    what: "at rest: Flink REST calls per job and minute",
    of: (run) => number(perMinute(callsOf(run.rest), run)),
  },
  {
    what: "at rest: new connections per job and minute",
    of: (run) => number(perMinute(run.rest?.flink.connections, run)),
  },
  { what: "at rest: open connections", of: ({ rest }) => rest?.flink.open.toFixed(0) },
  { what: "at rest: API requests", of: ({ rest }) => requestsOf(rest)?.toFixed(0) },
  { what: "edit → first act, p50 / p99", of: ({ edits }) => firstAct(edits) },
  { what: "… with a tenth of the JobManagers hung", of: ({ hung }) => firstAct(hung) },
  { what: "restart → everything read", of: ({ restart }) => seconds(restart?.readySeconds) },
  {
    what: "restart → first act on a waiting resource",
    of: ({ restart }) => restart && `${restart.firstActSeconds.toFixed(2)} s`,
  },
  { what: "restart: API requests", of: ({ restart }) => requestsOf(restart?.figures)?.toFixed(0) },
  { what: "restart: operator's CPU", of: ({ restart }) => seconds(restart?.figures.operator.cpuSeconds) },
  { what: "restart: peak RSS", of: ({ restart }) => mib(restart?.figures.operator.peakRssMiB) },
  { what: "bare client: deletion", of: ({ bare }) => seconds(bare?.deletionSeconds) },
  {
    what: "deletion of all",
    of: ({ deletion, bare }) =>
      deletion &&
      `${seconds(deletion.figures.seconds)}${times(deletion.figures.seconds, bare?.deletionSeconds)}`,
  },
  {
    what: "deletion: operator's / API server's CPU",
    of: ({ deletion }) =>
      deletion &&
      `${seconds(deletion.figures.operator.cpuSeconds)} / ${seconds(deletion.figures.apiServerCpuSeconds)}`,
  },
  {
    what: "deletion: API requests per resource",
    of: ({ deletion, resources }) => number(each(requestsOf(deletion?.figures), resources)),
  },
  { what: "RSS 30 s after", of: ({ deletion }) => mib(deletion?.settledRssMiB) },
];

/** The page in Markdown. Rows that nobody measured are left out. `autoscaled`: runs in which all jobs are. */
export function buildPage(runs: readonly RunResult[], autoscaled: readonly RunResult[] = []): string {
  const sorted = runs.toSorted((a, b) => a.resources - b.resources);
  const lines = rows
    .map(({ what, of }) => [what, ...sorted.map((run) => of(run) ?? "")])
    .filter(([, ...values]) => values.some((value) => value !== ""));
  const head = ["resources", ...sorted.map(({ resources }) => resources.toLocaleString("en"))];
  const table = [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`);
  return `${[
    "# Capacity",
    "What the operator needs for many jobs, measured by `make capacity`: a real etcd, kube-apiserver and " +
      "kube-controller-manager, a fake kubelet and fake JobManagers that answer as Flink 1.20.5, and the operator as its " +
      "image runs it, with the chart's defaults. Each resource is an application with resources and ten options; " +
      "all are created, and later deleted, at once. Edits restart jobs with a savepoint, two a second. The bare client " +
      "creates the same objects, and deletes them in the foreground, without an operator: what the control plane takes by itself.",
    table.join("\n"),
    ...sizing(sorted),
    ...ofAutoscaler(autoscaled),
    "## Machine and command",
    ...disturbed(sorted),
    `Measured on ${[...new Set(sorted.map(({ machine, date }) => `${machine} (${date})`))].join("; ")}, all ` +
      "processes on the same machine, by",
    `    make capacity RESOURCES=${sorted.map(({ resources }) => resources).join(",")}`,
  ].join("\n\n")}\n`;
}

/** A load average from which on times are those of a busy machine. */
const busyLoad = 1;

/** CPU seconds and counts of such a run are right; its times are not those of the operator alone. */
function disturbed(runs: readonly RunResult[]): string[] {
  const busy = runs.filter(({ loadBefore }) => loadBefore >= busyLoad);
  if (busy.length === 0) return [];
  const loads = busy.map(
    ({ resources, loadBefore }) =>
      `${resources.toLocaleString("en")} (load average ${loadBefore.toFixed(1)})`,
  );
  return [
    `**The machine was busy with other work** at the start of the runs of ${loads.join(", ")}: times are too long.`,
  ];
}

/** Rounded up to what is left for a peak: 1.5 times the memory, twice the processor. */
function sizing(runs: readonly RunResult[]): string[] {
  const advice = runs.flatMap(({ resources, creation, rest, deletion, restart }) => {
    if (creation === undefined || rest === undefined) return [];
    const peaks = [creation.toRunning, rest, deletion?.figures, restart?.figures].map(
      (figures) => figures?.operator.peakRssMiB ?? 0,
    );
    const cpu = Math.ceil(((cpuShare(rest) ?? 0) * 2000) / 10) * 10;
    const request = Math.ceil(rest.operator.rssMiB / 32) * 32;
    const limit = Math.ceil((Math.max(...peaks) * 1.5) / 64) * 64;
    return [`| ${resources.toLocaleString("en")} | ${cpu}m | ${request}Mi | ${limit}Mi |`];
  });
  if (advice.length === 0) return [];
  return [
    "## Sizing",
    "The CPU request is twice the use at rest. The memory request is the use at rest, its limit one and a half times the " +
      "highest peak. Set no CPU limit: creations and restarts are as fast as the operator gets processor time.",
    ["| jobs | CPU request | memory request | memory limit |", "|---|---|---|---|", ...advice].join("\n"),
  ];
}

/** What sampling costs: the use at rest, in which the polls of the jobs are included. */
function ofAutoscaler(runs: readonly RunResult[]): string[] {
  const lines = runs
    .toSorted((a, b) => a.resources - b.resources)
    .flatMap(({ resources, rest, loadBefore, commit }) => {
      const samples = rest?.flink.calls.job ?? 0;
      if (rest === undefined || samples === 0) return [];
      const { cpuSeconds, rssMiB } = rest.operator;
      const share = (cpuSeconds / samples) * (resources / 60);
      const cells = [
        resources.toLocaleString("en"),
        `${(samples / rest.seconds).toFixed(1)}`,
        `${((cpuSeconds / samples) * 1_000).toFixed(1)} ms`,
        percent(share),
        number(requestsOf(rest) && (requestsOf(rest) ?? 0) / samples),
        mib(rssMiB),
        loadBefore.toFixed(1),
        commit,
      ];
      return [`| ${cells.join(" | ")} |`];
    });
  if (lines.length === 0) return [];
  return [
    "## Autoscaled jobs",
    "All jobs are autoscaled, with four vertices and full windows, and in balance. The CPU of a sample includes the polls of its job. " +
      "The share is that of one core at the default interval of 60 s.",
    [
      "| jobs | samples per second | CPU per sample | CPU at 60 s | API requests per sample | RSS | load average before | commit |",
      "|---|---|---|---|---|---|---|---|",
      ...lines,
    ].join("\n"),
    "    npm run capacity -- --resources 1000 --phases creation,rest --autoscaled",
  ];
}

/** Writes the page from all results of a folder. */
export function writePage(results: string, page: string): void {
  const runsIn = (files: RegExp) =>
    readdirSync(results)
      .filter((name) => files.test(name))
      .map((name) => JSON.parse(readFileSync(join(results, name), "utf8")) as RunResult);
  writeFileSync(page, buildPage(runsIn(/^\d+\.json$/), runsIn(/^autoscaled-\d+\.json$/)));
}
