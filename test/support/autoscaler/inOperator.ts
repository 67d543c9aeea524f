import { createHash } from "node:crypto";
import { flinkDeploymentSpec, isAtLeast } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { flinkSessionJobSpec } from "../../../src/api/v1beta1/flinksessionjob.ts";
import { deployConfig, observeConfig } from "../../../src/config/effectiveConfig.ts";
import { type FlinkConfig, flinkConfig } from "../../../src/config/flinkConfig.ts";
import { flinkOptions } from "../../../src/config/flinkOptions.ts";
import { autoscalerOptions } from "../../../src/config/operatorOptions/autoscaler.ts";
import { operatorOptions } from "../../../src/config/operatorOptions.ts";
import { observedSessionJobConfig, sessionJobConfig } from "../../../src/config/sessionJobConfig.ts";
import { parseMap } from "../../../src/config/values/structured.ts";
import { type AutoscaleResult, autoscale } from "../../../src/core/autoscaler/autoscale.ts";
import { type AutoscalerMemory, noMemory } from "../../../src/core/autoscaler/cycle.ts";
import { parallelismKey } from "../../../src/core/autoscaler/realise/applyOverrides.ts";
import { processMemoryOf } from "../../../src/core/autoscaler/realise/memoryTuning.ts";
import {
  dataFromState,
  type StoredState,
  stateFromData,
} from "../../../src/core/autoscaler/state/storedState.ts";
import { diffSpec } from "../../../src/core/diff/diff.ts";
import { recordedFlink } from "./answersOf.ts";
import { planInPlace } from "./inPlace.ts";
import type { Played, PlayedStep } from "./played.ts";
import type { Json, Scenario } from "./recording.ts";

/** The configurations of a resource with a job, whatever its kind. */
interface Configs {
  /** Of a spec, as the autoscaler sees it. */
  of(spec: Json): FlinkConfig;
  /** With the operator's keys of the present spec over those of the deployed one. */
  observed(spec: Json, deployed: Json): FlinkConfig;
  /** Of the TaskManagers that run the job. */
  ofCluster(spec: Json): FlinkConfig;
}

export const uidOf = (name: string): string => {
  const hex = createHash("md5").update(name).digest();
  hex[6] = ((hex[6] ?? 0) & 0x0f) | 0x30;
  hex[8] = ((hex[8] ?? 0) & 0x3f) | 0x80;
  return hex.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};

function configsOf({ kind, name, input }: Scenario): Configs {
  const operatorConfig = flinkConfig(input.operatorConfiguration);
  const metadata = { name, namespace: input.namespace };
  const deployment = (spec: Json): Json => ({ metadata, spec });
  if (kind === "FlinkDeployment") {
    const of = (spec: Json) => deployConfig({ operatorConfig, resource: deployment(spec) });
    return {
      of,
      ofCluster: of,
      observed: (spec, deployed) => observeConfig({ operatorConfig, resource: deployment(spec) }, deployed),
    };
  }
  const cluster: Json = {
    metadata: { ...metadata, name: input.spec.deploymentName },
    spec: input.sessionSpec,
  };
  const sources = (spec: Json): Json => ({
    operatorConfig,
    resource: { metadata, spec },
    cluster,
    clusterSpec: input.sessionSpec,
  });
  return {
    of: (spec) => sessionJobConfig(sources(spec)),
    ofCluster: () => sessionJobConfig(sources({ ...input.spec, flinkConfiguration: {} })),
    observed: (spec, deployed) => observedSessionJobConfig(sources(spec), deployed),
  };
}

const isEnabled = (config: FlinkConfig): boolean => config.get(autoscalerOptions.enabled);

/** Plays a scenario of a resource: the passes of an operator, of which only the autoscaler's part is looked at. */
export function playInOperator(scenario: Scenario): Played {
  const { kind, input, steps } = scenario;
  const configs = configsOf(scenario);
  const flink = recordedFlink(input.jobId);
  let spec: Json = input.spec;
  let deployed: Json = input.spec;
  let data: Readonly<Record<string, string>> = input.initialState ?? {};
  let stored: StoredState = stateFromData(data);
  let memory: AutoscalerMemory = noMemory;
  let nonce: number | undefined = spec.job.autoscalerResetNonce ?? undefined;
  const played: PlayedStep[] = [];
  for (const { in: given } of steps) {
    flink.step(given);
    spec = given.spec ?? spec;
    if (given.restartOperator === true) {
      memory = noMemory;
      stored = stateFromData(data);
    }
    const config = configs.of(spec);
    const cluster = configs.ofCluster(spec);
    const result: AutoscaleResult<Json> = autoscale<Json>({
      now: given.t,
      isEnabled: isEnabled(configs.observed(spec, deployed)),
      isRunning: given.jobStatus === "RUNNING",
      config,
      taskManagerCpu: cluster.get(flinkOptions.taskManagerCpu) ?? 0,
      taskManagerMemory: processMemoryOf(cluster),
      answers: flink.answers,
      stored,
      memory,
      spec,
      deployed,
      hasTaskManagers: kind === "FlinkDeployment",
      resetNonce: spec.job.autoscalerResetNonce ?? undefined,
      lastResetNonce: nonce,
    });
    ({ stored, memory } = result);
    if (result.lastResetNonce !== nonce) {
      nonce = result.lastResetNonce;
      deployed = { ...deployed, job: { ...deployed.job, autoscalerResetNonce: nonce } };
    }
    if (result.isComplete) data = dataFromState(stored, data);
    const diff = diffSpec(deployed, result.spec, {
      type: kind === "FlinkDeployment" ? flinkDeploymentSpec : flinkSessionJobSpec,
      mode: "native",
    });
    const step: PlayedStep = {
      result,
      data,
      config,
      specChanges: leavesThatDiffer(spec, result.spec),
      nonce,
      diff: diff.changes.length === 0 ? undefined : { type: diff.type, changes: diff.changes },
      inPlace:
        diff.type === "SCALE"
          ? inPlace(configs.of(result.spec), scenario, given.jobStatus, deployed, result.spec, flink)
          : undefined,
    };
    played.push(step);
    if (diff.changes.length > 0 && diff.type !== "IGNORE") deployed = result.spec;
  }
  return { steps: played };
}

function inPlace(
  config: FlinkConfig,
  { input: { jobId, spec, sessionSpec } }: Scenario,
  jobStatus: string,
  before: Json,
  after: Json,
  flink: ReturnType<typeof recordedFlink>,
): Json {
  const path = `/jobs/${jobId}/resource-requirements`;
  const version = (sessionSpec ?? spec).flinkVersion;
  const overridesOf = (of: Json) => parseMap(of.flinkConfiguration?.[parallelismKey] ?? "");
  const isPossible =
    config.get(operatorOptions.inPlaceScaling) &&
    !["RECONCILING", "FINISHED", "FAILED", "CANCELED"].includes(jobStatus) &&
    isAtLeast(version, "v1_18") &&
    config.entries.get("jobmanager.scheduler")?.toLowerCase() === "adaptive" &&
    [before, after].some((of) => of.flinkConfiguration?.[parallelismKey] !== undefined);
  if (!isPossible) return { result: false, requests: [] };
  const requirements = flink.resourceRequirements();
  if (requirements === undefined) return { result: false, requests: [] };
  const plan = planInPlace(requirements, overridesOf(before), overridesOf(after));
  const get = { path, method: "GET" };
  if (plan.kind !== "put") return { result: plan.kind === "done", requests: [get] };
  return { result: true, requests: [get, { method: "PUT", path, body: plan.requirements }] };
}

/** Paths with slashes, because keys of the configuration have dots, and the new values. */
function leavesThatDiffer(before: Json, after: Json, path = ""): Record<string, Json> {
  if (before === after) return {};
  const isTree = (value: Json) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isTree(after)) return { [path]: after ?? null };
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after)])];
  return Object.assign(
    {},
    ...names.map((name) =>
      leavesThatDiffer(before?.[name], after[name], path === "" ? name : `${path}/${name}`),
    ),
  );
}
