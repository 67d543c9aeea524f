import { excludedVertices } from "../../../src/core/autoscaler/decide/decide.ts";
import { gaugesOf } from "../../../src/core/autoscaler/gauges.ts";
import type { EvaluatedValues, MetricValues } from "../../../src/core/autoscaler/model/metrics.ts";
import { parallelismKey } from "../../../src/core/autoscaler/realise/applyOverrides.ts";
import type { FieldChange } from "../../../src/core/diff/changes.ts";
import { eventName } from "../../../src/runtime/eventName.ts";
import {
  cannotReadOverrides,
  sharedGauges,
  withoutFailedDecision,
  withoutProgrammingErrors,
  withoutRealisation,
} from "./deliberate.ts";
import { comparable, eventToJson } from "./eventText.ts";
import { playInOperator, uidOf } from "./inOperator.ts";
import type { Played, PlayedStep } from "./played.ts";
import { type Json, numberToJson, type Scenario } from "./recording.ts";
import { playStandalone } from "./standalone.ts";
import { mapOf, recordedState, stateToJson } from "./stateJson.ts";

type Compare = (recorded: Json, result: Json) => string[];

/** The first step that comes out otherwise, and how. Undefined: none. */
export function playScenario(scenario: Scenario, compare: Compare): string | undefined {
  const { name, kind, steps } = scenario;
  const played = kind === "standalone" ? playStandalone(scenario) : playInOperator(scenario);
  let state: Json = {};
  let cannotRead = false;
  for (const [at, { in: given, out }] of steps.entries()) {
    const step = played.steps[at];
    if (step === undefined) return `${name}: step ${at} was not played`;
    for (const [key, value] of Object.entries<Json>(recordedState(out.state ?? {}))) {
      state = { ...state, [key]: value ?? undefined };
    }
    const events = out.events ?? [];
    cannotRead ||= cannotReadOverrides(events);
    const relevant = (each: Json) => {
      const judged = events.some(({ reason }: Json) => reason === "AutoscalerError")
        ? withoutFailedDecision(each)
        : each;
      return cannotRead ? withoutRealisation(judged) : judged;
    };
    const found = compare(relevant(recordedStep(out, state, kind)), relevant(resultOf(step, out, kind)));
    if (found.length > 0) return describe(`${name}, step ${at} (${new Date(given.t).toISOString()})`, found);
  }
  const found = cannotRead ? [] : compareEnd(scenario, played, compare);
  return found.length > 0 ? describe(`${name}, at the end`, found) : undefined;
}

const describe = (title: string, found: readonly string[]): string =>
  [`${title}:`, ...found.slice(0, 12), ...(found.length > 12 ? [`and ${found.length - 12} more`] : [])].join(
    "\n  ",
  );

function recordedStep(out: Json, state: Json, kind: Scenario["kind"]): Json {
  const { collected, diff, inPlace, events, decisions, excludedAfter, specChanges, ...others } = out;
  const { order: _, ...sample } = collected ?? {};
  return {
    ...others,
    state: kind === "standalone" ? withoutEmpty(state) : state,
    collected: collected && sample,
    diff: diff && { type: diff.type, changes: changesIn(diff.text) },
    inPlace,
    events: comparable(withoutProgrammingErrors(events ?? [], events ?? [])),
    decisions: sortedDecisions(decisions),
    excludedAfter: [...(excludedAfter ?? [])].sort(),
    specChanges: Object.fromEntries(
      Object.entries<Json>(specChanges ?? {}).map(([path, value]) => [
        path,
        path.endsWith(parallelismKey) ? mapOf(value) : value,
      ]),
    ),
  };
}

/** A store in memory shows entries that are not set as empty ones, and of the samples only how many there are. */
const withoutEmpty = (state: Json): Json =>
  Object.fromEntries(
    Object.entries<Json>(state).filter(([, value]) =>
      typeof value === "number"
        ? value > 0
        : JSON.stringify(value).replaceAll(/"\w+":(\{\}|\[\]),?/g, "") !== "{}",
    ),
  );

/** Only what the recording has of it: it leaves out what is evaluated in most cycles that only report. */
function resultOf(step: PlayedStep, out: Json, kind: Scenario["kind"]): Json {
  const { trace, memory, events } = step.result;
  const state = stateOf(step, kind);
  const { decision, evaluated, restartSeconds } = trace;
  const isCollected = trace.history !== undefined;
  return {
    state,
    collected: isCollected ? collectedOf(step, out) : undefined,
    restartTimeSec: restartSeconds,
    evaluated: out.evaluated === undefined ? undefined : evaluatedOf(evaluated),
    excludedAfter: [...(trace.excluded ?? excludedVertices(step.config, []))].sort(),
    decisions: sortedDecisions(decisionsOf(step)),
    summaries: decision === undefined ? undefined : summariesOf(decision),
    events: comparable(withoutProgrammingErrors(events.map(eventToJson), out.events ?? [])),
    specChanges: Object.fromEntries(
      Object.entries(step.specChanges).map(([path, value]) => [
        path,
        path.endsWith(parallelismKey) ? mapOf(value) : value,
      ]),
    ),
    diff: step.diff && { type: step.diff.type, changes: changesOf(step.diff.changes) },
    inPlace: step.inPlace,
    counters: kind === "standalone" ? undefined : memory.counters,
    lastReconciledAutoscalerResetNonce: step.nonce,
    requests: step.requests,
  };
}

function stateOf({ data }: PlayedStep, kind: Scenario["kind"]): Json {
  const state = stateToJson(data ?? {});
  if (kind !== "standalone") return state;
  const [count] = state.collectedMetricsKeys ?? [];
  return withoutEmpty({ ...state, ...(count === undefined ? {} : { collectedMetricsKeys: count }) });
}

const valuesToJson = (values: MetricValues | undefined): Json =>
  Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, numberToJson(value)]));

function collectedOf({ result }: PlayedStep, out: Json): Json {
  const samples = result.memory.samples ?? new Map();
  const latest = [...samples.values()].at(-1);
  return {
    samples: samples.size,
    first: [...samples.keys()][0],
    fullyCollected: result.trace.isWindowFull,
    vertices: Object.fromEntries(
      [...(latest?.vertices ?? [])].map(([id, values]) => [id, valuesToJson(values)]),
    ),
    ...(out.collected?.global === undefined ? {} : { global: valuesToJson(latest?.global) }),
  };
}

const evaluatedValues = (values: EvaluatedValues): Json =>
  Object.fromEntries(
    Object.entries(values).map(([name, { current, average }]) => [
      name,
      [numberToJson(current), numberToJson(average)],
    ]),
  );

function evaluatedOf(evaluated: PlayedStep["result"]["trace"]["evaluated"]): Json {
  if (evaluated === undefined) return undefined;
  return {
    vertices: Object.fromEntries(
      [...evaluated.vertices].map(([id, values]) => [
        id,
        { RECOMMENDED_PARALLELISM: null, ...evaluatedValues(values) },
      ]),
    ),
    global: evaluatedValues(evaluated.global),
  };
}

function decisionsOf({ result: { trace } }: PlayedStep): Json {
  const decisions = [...(trace.decision?.decisions ?? [])].map(([vertex, { change }]) => ({
    vertex,
    current: trace.topology?.get(vertex)?.parallelism,
    ...(change === undefined
      ? { noChange: true }
      : { new: change.parallelism, noChange: false, outsideUtilizationBound: change.isOutsideBound }),
  }));
  return decisions.length === 0 ? undefined : decisions;
}

const sortedDecisions = (decisions: Json): Json =>
  decisions && [...decisions].sort((a: Json, b: Json) => (a.vertex < b.vertex ? -1 : 1));

const summariesOf = ({ summaries }: NonNullable<PlayedStep["result"]["trace"]["decision"]>): Json =>
  Object.fromEntries(
    [...summaries].map(([id, { currentParallelism, newParallelism }]) => [
      id,
      [currentParallelism, newParallelism],
    ]),
  );

/** "Diff: Kind[path : before -> after, ...]" by path. A text that is a map is one. */
function changesIn(text: string): Json {
  const [, body = ""] = /^Diff: \w+\[(.*)\]$/s.exec(text) ?? [];
  const changes = [...body.matchAll(/(?:^|, )([\w.-]+) : (.*?) -> (.*?)(?=, [\w.-]+ : |$)/gs)];
  return Object.fromEntries(
    changes.map(([, path = "", before = "", after = ""]) => [
      path,
      [valueIn(path, before), valueIn(path, after)],
    ]),
  );
}

const changesOf = (changes: readonly FieldChange[]): Json =>
  Object.fromEntries(
    changes.map(({ path, before, after }) => [
      path,
      [valueIn(path, textOf(before)), valueIn(path, textOf(after))],
    ]),
  );

const textOf = (value: Json): string =>
  value !== null && typeof value === "object"
    ? String(value.text ?? value.value ?? JSON.stringify(value))
    : String(value);

const valueIn = (path: string, text: string): Json =>
  path.endsWith(parallelismKey) && text !== "null" ? mapOf(text) : text;

function compareEnd({ name, kind, end }: Scenario, { steps }: Played, compare: Compare): string[] {
  const last = steps.at(-1);
  if (kind === "standalone" || last === undefined) return [];
  const { data, decodedText } = end.configMap ?? {};
  const own = stateToJson(last.data ?? {});
  const metrics = end.metrics && sharedGauges(end.metrics, metricsOf(last));
  return compare(
    {
      state: data && stateToJson(data),
      text: decodedText && stateToJson(decodedText),
      events: end.k8sEvents && sortedEvents(end.k8sEvents),
      metrics: metrics?.recorded,
    },
    {
      state: data && own,
      text: decodedText && own,
      events: end.k8sEvents && sortedEvents(kubernetesEvents(name, kind, steps)),
      metrics: metrics?.own,
    },
  );
}

const sortedEvents = (events: readonly Json[]): Json =>
  events.map(({ message: _, ...event }) => event).sort((a, b) => (a.name < b.name ? -1 : 1));

/** The Events of all steps. They happened within seconds, so each interval was still open. */
function kubernetesEvents(name: string, kind: string, steps: readonly PlayedStep[]): Json[] {
  const found = new Map<string, Json>();
  const record = (component: "Operator" | "Job", event: Json, isRepeated: (known: Json) => boolean) => {
    const id = eventName({
      component,
      reason: event.reason,
      keyOrMessage: event.key ?? event.message,
      type: event.type,
      kind,
      name,
      uid: uidOf(name),
    });
    const known = found.get(id);
    const count = known === undefined ? 1 : isRepeated(known) ? known.count + 1 : known.count;
    const labels = event.changeHash === undefined ? undefined : { parallelismMap: event.changeHash };
    found.set(id, { name: id, type: event.type, reason: event.reason, count, component, labels });
  };
  for (const { result, inPlace } of steps) {
    for (const event of result.events) {
      record(
        "Operator",
        event,
        (known) => !event.intervalMs || event.changeHash !== known.labels?.parallelismMap,
      );
    }
    if (inPlace?.requests.some(({ method }: Json) => method === "PUT")) {
      record("Job", { type: "Normal", reason: "Scaling", message: "In-place scaling triggered" }, () => true);
    }
  }
  return [...found.values()];
}

function metricsOf({ result: { memory } }: PlayedStep): Json {
  const gauges = memory.evaluated === undefined ? [] : gaugesOf(memory.evaluated);
  return {
    ...Object.fromEntries(
      Object.entries(memory.counters).map(([counter, value]) => [`AutoScaler.${counter}`, value]),
    ),
    ...Object.fromEntries(
      gauges.map(({ vertex, metric, kind, value }) => [
        `AutoScaler.jobVertexID.${vertex}.${metric}.${kind}`,
        numberToJson(value),
      ]),
    ),
  };
}
