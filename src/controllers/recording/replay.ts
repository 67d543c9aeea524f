import { formatJson, parseJson } from "../../api/exactJson.ts";
import { redactData } from "../../api/redactData.ts";
import { asFlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJob } from "../../api/v1beta1/flinksessionjob.ts";
import { flinkConfig } from "../../config/flinkConfig.ts";
import { decideFlinkDeployment } from "../../core/flinkdeployment/decide.ts";
import { decideFlinkSessionJob } from "../../core/flinksessionjob/decide.ts";
import type { Input } from "../../core/job/decide.ts";
import type { Decision } from "../../core/job/model/decision.ts";
import { flinkDeploymentKind, flinkSessionJobKind } from "../../core/job/model/resourceKind.ts";
import { decideWithPlan } from "../../core/plan/planOfPendingChange.ts";
import { createConfigurations } from "../flinkdeployment/configure.ts";
import { withSavepointOnDeletion } from "../flinkdeployment/controller.ts";
import { createSessionJobConfigurations } from "../flinksessionjob/configure.ts";
import { decidedOther } from "./otherKinds.ts";
import { factsOf, type RecordedDecision, type Recording, recordDecision, SQL_RUNNER } from "./recording.ts";

/** A recorded pass, ready to be decided again: in a replay, or in a unit test. */
export interface Replayable {
  readonly input: Input;
  readonly decide: (input: Input) => Decision;
}

/** The input of one pass of a recording, by its place. */
export function inputOf({ passes, configurations, logFiles }: Recording, place: number): Replayable {
  const pass = passes[place];
  if (pass === undefined) throw new RangeError(`the recording has ${passes.length} passes`);
  const { resource, cluster, facts, now } = pass;
  const config = flinkConfig(configurations[pass.configuration] ?? {});
  const input = { resource, facts: factsOf(facts), now };
  if (pass.kind === flinkSessionJobKind.type.kind) {
    const configure = createSessionJobConfigurations(() => config, SQL_RUNNER).of(
      resource as FlinkSessionJob,
      cluster && asFlinkDeployment(cluster),
    );
    return {
      input: { ...input, configure },
      decide: decideWithPlan(flinkSessionJobKind, decideFlinkSessionJob),
    };
  }
  if (pass.kind !== flinkDeploymentKind.type.kind) throw new RangeError(`${pass.kind}s are not recorded`);
  const configurationsOf = createConfigurations({ config: () => config, logFiles, sqlRunner: SQL_RUNNER });
  const configure = withSavepointOnDeletion(configurationsOf.of(resource), pass.isNeededByParent === true);
  return {
    input: { ...input, configure },
    decide: decideWithPlan(flinkDeploymentKind, decideFlinkDeployment),
  };
}

export interface Difference {
  /** "status.lifecycleState", "actions[0].kind" */
  readonly path: string;
  /** Undefined: absent. */
  readonly recorded: unknown;
  readonly now: unknown;
}

/** Where this version decides otherwise than what is recorded. */
export function differencesOf(recording: Recording, place: number): readonly Difference[] {
  const pass = recording.passes[place];
  const other = pass && decidedOther(pass);
  return differences(pass?.decision, asRecorded(other ?? decidedAgain(inputOf(recording, place))));
}

const decidedAgain = ({ input, decide }: Replayable): RecordedDecision => recordDecision(decide(input));

/** A decision in the form of a recording, without secrets. */
const asRecorded = (decision: RecordedDecision): RecordedDecision =>
  parseJson(formatJson(redactData(decision))) as RecordedDecision;

/** The places where two values differ, down to the smallest parts. */
export function differences(recorded: unknown, now: unknown, path = ""): readonly Difference[] {
  if (Array.isArray(recorded) && Array.isArray(now))
    return Array.from({ length: Math.max(recorded.length, now.length) }, (_, at) =>
      differences(recorded[at], now[at], `${path}[${at}]`),
    ).flat();
  if (isObject(recorded) && isObject(now))
    return [...new Set([...Object.keys(recorded), ...Object.keys(now)])].flatMap((field) =>
      differences(recorded[field], now[field], path === "" ? field : `${path}.${field}`),
    );
  return Object.is(recorded, now) ? [] : [{ path, recorded, now }];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
