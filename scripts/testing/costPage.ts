import {
  countOf,
  type LayerResult,
  sumOf,
  type TestAllRuns,
  type TestCost,
  type TestRun,
} from "./results.ts";
import { layerColumns, markdownTable, testColumns } from "./table.ts";

export const layerRow = ({ layer, passed, failed, skipped, seconds, cpuSeconds }: LayerResult) => [
  layer,
  passed,
  failed,
  skipped,
  seconds,
  cpuSeconds,
];

export const testRow = ({ layer, test, seconds, cpuSeconds }: TestCost) => [layer, test, seconds, cpuSeconds];

export const total = (layers: readonly LayerResult[]): LayerResult => ({
  layer: "all",
  ...countOf(layers),
  seconds: sumOf(layers, ({ seconds }) => seconds),
  cpuSeconds: sumOf(layers, ({ cpuSeconds }) => cpuSeconds),
});

/** docs/reference/test-cost.md. */
export const buildTestCostPage = (
  run: TestRun | undefined,
  all: TestAllRuns,
): string => `# What the tests cost

CPU seconds of a layer are those of the whole machine in that time. Those of a test are its own process's, and the whole
machine's for tests on the embedded cluster, which run side by side.

## \`make test\`

${run === undefined ? "No run is recorded." : lastRun(run)}

## \`make test-all\`

Everything: each scenario on each Flink version, each plan of the fault suite, all mutants, long chaos. Each row is the last
run of that layer.

${markdownTable(
  [...layerColumns, { title: "commit" }, { title: "date" }],
  all.map((layer) => [...layerRow(layer), layer.commit, layer.date]),
)}
`;

const lastRun = ({
  commit,
  date,
  turn,
  cores,
  layers,
  tests,
}: TestRun): string => `The last run that was recorded with
\`make test-record\`: of commit ${commit}, turn ${turn}, on ${date}, with ${cores} cores.

${markdownTable(layerColumns, [...layers, total(layers)].map(layerRow))}

The most expensive tests:

${markdownTable(testColumns, tests.map(testRow))}`;
