/**
 * Writes test/golden from recordings in ../shared. The recordings of a version replace its earlier data, and the data of other
 * versions is kept. With --check, lists the files that are out of date and exits with code 1. Without ../shared this does
 * nothing. The format: test/golden/README.md.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { load } from "js-yaml";
import type { buildCustomResourceDefinition } from "../src/api/crd.ts";
import { pack, packFamilies, readRecordings, unpack } from "../test/support/autoscaler/recording.ts";
import { contractOf, fieldsOf, fingerprint, valuesIn } from "../test/support/fingerprint.ts";
import { goldenCases, goldenFolder, type Recorded } from "../test/support/golden.ts";

const root = join(import.meta.dirname, "..");
const shared = join(root, "../shared");

// biome-ignore lint/suspicious/noExplicitAny: recordings are of any form.
type Json = any;

const read = (path: string): Json => JSON.parse(readFileSync(join(shared, path), "utf8"));
const namesIn = (folder: string): string[] =>
  existsSync(join(shared, folder)) ? readdirSync(join(shared, folder)).sort() : [];
const distinct = <Value>(values: readonly Value[]): Value[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
];

/** Replaces the files that Flink ships by a placeholder, in inputs and results. */
function withoutFilesOfFlink(value: Json): Json {
  if (typeof value === "string" && /Licensed to the Apache/.test(value)) {
    return `# a file of Flink, left out; sha256 ${createHash("sha256").update(value).digest("hex")}\n`;
  }
  if (Array.isArray(value)) return value.map(withoutFilesOfFlink);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, withoutFilesOfFlink(child)]));
}

/** One value per line, so that a change of a value is a change of one line. */
const linesOf = (values: readonly unknown[]): string =>
  `[\n${values.map((value) => JSON.stringify(withoutFilesOfFlink(value))).join(",\n")}\n]\n`;

/** The parts of a case, each with the versions that share it. Objects are numbered in the order of creation. */
function caseFile(versions: ReadonlyMap<string, Recorded>): string {
  const slots = new Map<string, Map<string, { versions: string[]; part: object }>>();
  for (const [version, { objects, ...parts }] of [...versions].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const placed: [slot: string, part: object][] = [
      ...Object.entries(parts).map(([name, part]) => [name, { [name]: part }] as [string, object]),
      ...objects.map((object, place) => [`object ${place}`, { object }] as [string, object]),
    ];
    for (const [slot, part] of placed) {
      const same = slots.get(slot) ?? new Map();
      slots.set(slot, same);
      const line = same.get(JSON.stringify(part)) ?? { versions: [], part };
      same.set(JSON.stringify(part), line);
      line.versions.push(version);
    }
  }
  const lines = [...slots.values()].flatMap((same) => [...same.values()]);
  return linesOf(lines.map(({ versions, part }) => ({ versions, ...part })));
}

interface Imported {
  readonly version: string;
  readonly name: string;
  readonly recorded: Recorded;
}

/** The files of a folder of cases, merged with the earlier data. */
function caseFiles(folder: string, imported: readonly Imported[]): [path: string, content: string][] {
  const present = existsSync(join(goldenFolder, folder))
    ? goldenCases(folder).map(({ version, name, ...recorded }) => ({ version, name, recorded }))
    : [];
  const cases = new Map<string, Map<string, Recorded>>();
  for (const { version, name, recorded } of [...present, ...imported]) {
    const versions = cases.get(name) ?? new Map<string, Recorded>();
    cases.set(name, versions.set(version, recorded));
  }
  return [...cases].map(([name, versions]) => [`${folder}/${name}.json`, caseFile(versions)]);
}

const given = (parts: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));

/** The configuration and objects that the Java operator submits. Folders are named by version and case. */
const operatorObjects = namesIn("flink/golden/operator").map((folder): Imported => {
  const [, version = "", name = ""] = /^(v\d+_\d+)-(.*)$/.exec(folder) ?? [];
  const input = read(`flink/golden/operator/${folder}/input.json`);
  const recording = read(`flink/golden/operator/${folder}/objects.json`);
  const { deployConfigBeforeSubmit, exceptionDuringOrAfterDeploy, objects } = recording;
  const parts = given({ input, deployConfigBeforeSubmit, exceptionDuringOrAfterDeploy });
  return { version, name, recorded: { ...parts, objects } };
});

/** The objects that Flink's own client creates from a configuration and files, and its memory configuration. */
const clientObjects = namesIn("flink/golden/client").flatMap((version) =>
  namesIn(`flink/golden/client/${version}`).map((name): Imported => {
    const folder = `flink/golden/client/${version}/${name}`;
    const recording = read(`${folder}/objects.json`);
    const { clusterSpecification, taskExecutorProcessSpec, jobManagerDynamicConfigs, objects } = recording;
    const parts = given({
      input: read(`${folder}/input.json`),
      exception: recording.exception ?? recording.exceptionAfterOrDuringDeploy,
      clusterSpecification,
      taskExecutorProcessSpec,
      jobManagerDynamicConfigs,
    });
    return { version, name, recorded: { ...parts, objects: objects ?? [] } };
  }),
);

/** The responses for src/flink/client.fixtures.test.ts, and every error. */
const answers = [
  /^(config|taskmanagers|job-metrics|job-checkpoints)$/,
  /^jobs-overview-(empty|running|finished|canceled|failed)$/,
  /^checkpoints-(after-savepoint|finished|restored|not-enabled)$/,
  /^job-(execution-result|exceptions)-/,
  /^(savepoint|stop-with-savepoint|checkpoint)-(status|trigger|detail|disposal)/,
  /^savepoint-disposal$/,
  /^stop-with-savepoint/,
  /^cancel-/,
  /^jar-(upload|run-.*|delete.*)$/,
];

/** Removes exceptions in Java serialization, which nothing reads and which are half of all bytes. */
const withoutSerialized = (body: Json): Json =>
  JSON.parse(JSON.stringify(body ?? null), (name, value) =>
    name === "serialized-throwable" ? "left out" : value,
  );

const restAnswers = namesIn("flink/rest-fixtures").map((version): [path: string, content: string] => {
  const recordings = namesIn(`flink/rest-fixtures/${version}`)
    .filter((file) => /^\d+-.*\.json$/.test(file))
    .map((file) => ({
      name: file.replace(/^\d+-|\.json$/g, ""),
      ...read(`flink/rest-fixtures/${version}/${file}`),
    }))
    .filter(({ name, response }) => response.status >= 400 || answers.some((each) => each.test(name)))
    .map(({ name, request, response: { status, body } }) => {
      const { method, path, body: sent } = request;
      return {
        name,
        request: { method, path, body: sent },
        response: { status, body: withoutSerialized(body) },
      };
    });
  return [`flink/rest/${version}.json`, linesOf(recordings)];
});

/** What a JobManager answers to the autoscaler's requests for metrics: first, and when it has fetched them. */
const metricAnswers = namesIn("flink/rest-fixtures")
  .filter((version) => namesIn(`flink/rest-fixtures/${version}/metrics`).length > 0)
  .map((version): [path: string, content: string] => {
    const recordings = namesIn(`flink/rest-fixtures/${version}/metrics`)
      .filter((file) => /-(cold|warm)-(vertex\d-agg-(names|values)|jm|tm-agg(-gc)?)\.json$/.test(file))
      .map((file) => {
        const { request, response } = read(`flink/rest-fixtures/${version}/metrics/${file}`);
        return { name: file.replace(/^\d+-|\.json$/g, ""), path: request.path, body: response.body };
      });
    return [`flink/metrics/${version}.json`, linesOf(recordings)];
  });

/** The reference's options, without their documentation. */
const options = (): string =>
  linesOf(
    read("reference/config-options.json").map(({ description: _, note: __, ...option }: Json) => option),
  );

const examples = () => namesIn("reference/golden").filter((file) => file.endsWith(".json"));

/** Names of Events: "reason|key or message|type" and the name that the Java operator forms. */
const eventNames = (): string =>
  linesOf(
    examples().map((file) => {
      const { input, eventNames } = read(`reference/golden/${file}`);
      return { kind: input.kind, name: input.metadata.name, eventNames };
    }),
  );

/** The status of a resource after its first reconcile by the Java operator. */
const initialStatuses = (): string =>
  linesOf(
    distinct(
      examples().map((file) => {
        const { input, initialStatus } = read(`reference/golden/${file}`);
        return { kind: input.kind, status: initialStatus };
      }),
    ),
  );

/** The fields of a status around the first deployment that do not repeat the spec. */
const progressOf = ({ observedGeneration, lifecycleState, reconciliationStatus }: Json) => {
  const { spec, resource_metadata } = JSON.parse(reconciliationStatus.lastReconciledSpec);
  return {
    observedGeneration,
    lifecycleState,
    state: reconciliationStatus.state,
    lastStableSpec: reconciliationStatus.lastStableSpec,
    stored: {
      job: spec.job && { state: spec.job.state, upgradeMode: spec.job.upgradeMode },
      firstDeployment: resource_metadata.firstDeployment,
    },
  };
};

/** The Java operator's statuses of the first deployment, by the fields of the spec that they depend on. */
const firstDeployments = (): string =>
  linesOf(
    distinct(
      examples().flatMap((file) => {
        const recording = read(`reference/golden/${file}`);
        const { spec } = recording.input;
        const after = recording.status_afterFirstDeployment;
        if (after === undefined || spec === undefined || spec.mode === "standalone") return [];
        const { initialSavepointPath, parallelism, upgradeMode } = spec.job ?? {};
        const job = given({
          upgradeMode,
          parallelism,
          initialSavepointPath: initialSavepointPath && "s3://bucket/savepoint",
        });
        return {
          ...(spec.job && { job }),
          slots: String(spec.flinkConfiguration?.["taskmanager.numberOfTaskSlots"] ?? 1),
          before: progressOf(recording.status_beforeFirstDeploymentAttempt),
          after: progressOf(after),
          // The resource in the comparison has the name demo.
          taskManager: after.taskManager && {
            ...after.taskManager,
            labelSelector: after.taskManager.labelSelector.replace(/app=.*/, "app=demo"),
          },
        };
      }),
    ),
  );

function stringsIn(value: Json): string[] {
  if (typeof value === "string") return [value];
  return value === null || typeof value !== "object" ? [] : Object.values(value).flatMap(stringsIn);
}

/**
 * The specs that the Java operator stored for the FlinkDeployments of our FlinkBlueGreenDeployments, with the desired spec
 * at that time.
 */
function storedSpecs(): string {
  const stored = new Map<string, { name: string; spec: Json; stored: string }>();
  for (const file of namesIn("reference/golden/bluegreen")) {
    const { name, input, steps } = read(`reference/golden/bluegreen/${file}`);
    let { spec } = input.spec.template;
    for (const step of steps.flatMap(({ before, ...rest }: Json) => [...before, rest])) {
      spec = step.editSpec?.template.spec ?? spec;
      for (const text of stringsIn(step)) {
        if (!text.startsWith('{"spec":{"job"') || stored.has(text)) continue;
        // An abort suspends a job although its spec says running.
        if (JSON.parse(text).spec.job.state !== spec.job.state) continue;
        stored.set(text, { name: `${name} ${stored.size}`, spec, stored: text });
      }
    }
  }
  return linesOf([...stored.values()]);
}

/** Fingerprints of the reference's definitions: of each field, and of names, columns and subresources. */
const definitions = (): string =>
  linesOf(
    namesIn("reference/crds").map((file) => {
      const definition = load(readFileSync(join(shared, "reference/crds", file), "utf8")) as ReturnType<
        typeof buildCustomResourceDefinition
      >;
      const [version] = definition.spec.versions;
      const columns = version?.additionalPrinterColumns.length ?? 0;
      return {
        name: definition.metadata.name,
        columns,
        contract: fingerprint(contractOf(definition, columns)),
        fields: fieldsOf(version?.schema.openAPIV3Schema ?? {})
          .map(fingerprint)
          .sort(),
      };
    }),
  );

/** Fingerprints of the defaults of the reference's chart values, except those of its image. */
const chartValues = (): string => {
  const { image, ...values } = read("reference/helm-values.json");
  const { repository: _, tag: __, ...ofImage } = image;
  return linesOf(
    valuesIn({ image: ofImage, ...values })
      .map(fingerprint)
      .sort(),
  );
};

/** The scenarios and tables of the autoscaler, compressed by family. */
const autoscaler = existsSync(join(shared, "reference/golden/autoscaler"))
  ? packFamilies(readRecordings(join(shared, "reference/golden/autoscaler")))
  : new Map<string, string>();
/** Of the status of a FlinkDeployment, what a FlinkBlueGreenDeployment is decided on. */
const ofChildStatus = ({ lifecycleState, observedGeneration, error, jobStatus }: Json) => {
  const { jobId, state, upgradeSavepointPath } = jobStatus;
  return { lifecycleState, observedGeneration, error, jobStatus: { jobId, state, upgradeSavepointPath } };
};

/** The sequences of the blue/green controller: the input, then a line for each step. */
const blueGreenSequences = namesIn("reference/golden/bluegreen").map((file): [string, string] => {
  const { name, description, input, steps } = read(`reference/golden/bluegreen/${file}`);
  const lines = steps.map(({ before, reconcile: { status, ...reconcile } }: Json) => ({
    before: before.map((each: Json) =>
      each.status ? { ...each, status: ofChildStatus(each.status) } : each,
    ),
    reconcile: { ...reconcile, status: { ...status, jobStatus: { state: status.jobStatus.state } } },
  }));
  return [`bluegreen/${file}`, linesOf([{ name, description, input }, ...lines])];
});

const ofReference: [source: string, path: string, content: () => string][] = [
  ["reference/config-options.json", "java-operator/options.json", options],
  ["reference/golden", "java-operator/event-names.json", eventNames],
  ["reference/golden", "java-operator/initial-statuses.json", initialStatuses],
  ["reference/golden", "java-operator/first-deployments.json", firstDeployments],
  ["reference/golden/bluegreen", "java-operator/stored-specs.json", storedSpecs],
  ["reference/crds", "java-operator/definitions.json", definitions],
  ["reference/helm-values.json", "java-operator/chart-values.json", chartValues],
];

const files = [
  ...caseFiles("java-operator/objects", operatorObjects),
  ...caseFiles("flink/client", clientObjects),
  ...restAnswers,
  ...metricAnswers,
  ...blueGreenSequences,
  ...ofReference
    .filter(([source]) => existsSync(join(shared, source)))
    .map(([, path, content]) => [path, content()] as const),
  ...[...autoscaler].map(([file, content]) => [`autoscaler/${file}`, content] as const),
];
const isPacked = (name: string) => name.endsWith(".br");
const check = process.argv.includes("--check");
for (const [name, content] of files) {
  const path = join(goldenFolder, name);
  const bytes = existsSync(path) ? readFileSync(path) : undefined;
  const present = bytes && (isPacked(name) ? unpack(bytes) : bytes.toString("utf8"));
  if (present === content) continue;
  if (check) {
    console.error(`${relative(root, path)} is not what ../shared has: run "npm run golden"`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, isPacked(name) ? pack(content) : content);
    console.log(`wrote ${relative(root, path)}`);
  }
}
