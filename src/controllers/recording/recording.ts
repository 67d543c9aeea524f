import { formatJson, parseJson } from "../../api/exactJson.ts";
import type { FlinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { namedPaths } from "../../core/flinkstatesnapshot/reachability.ts";
import type { Input } from "../../core/job/decide.ts";
import type { Decision } from "../../core/job/model/decision.ts";
import type { Facts } from "../../core/job/model/facts.ts";
import type { FlinkResource } from "../../core/job/model/flinkResource.ts";

/** What one reconcile was decided on, as gathered. */
export interface GatheredInput extends Input {
  /** Of a session job: its session cluster, if there is one. */
  readonly cluster?: FlinkDeployment | undefined;
  /** Another resource needs the state of its job after its deletion. */
  readonly isNeededByParent?: boolean;
}

/** One reconcile that did something, as plain data: what it was decided on, and what was decided. */
export interface RecordedPass {
  readonly kind: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly resource: FlinkResource;
  readonly cluster?: FlinkDeployment;
  readonly isNeededByParent?: true;
  readonly facts: RecordedFacts;
  readonly decision: RecordedDecision;
  /** The error of the action that failed. Absent: none did. */
  readonly failure?: string;
}

/** The facts without functions and sets. */
export type RecordedFacts = Omit<Facts, "isNamedElsewhere" | "requests"> & {
  /** The paths of its snapshots that another resource names, too. */
  readonly namedElsewhere: readonly string[];
  readonly requests?: Omit<NonNullable<Facts["requests"]>, "unsent"> & { readonly unsent: readonly string[] };
};

/** The part of a decision that has an effect. What is asked of Flink may hold credentials, and is left out. */
export type RecordedDecision = Pick<
  Decision,
  "actions" | "independent" | "status" | "events" | "requeueAfterMs"
> & {
  readonly waitsFor?: string | undefined;
  /** Of a FlinkBlueGreenDeployment: the actions after the status. */
  readonly afterStatus?: readonly { readonly kind: string }[];
};

/** The jar that runs SQL scripts is not recorded. */
export const SQL_RUNNER = "(the SQL runner)";

export const recordDecision = ({
  actions,
  independent,
  status,
  events,
  requeueAfterMs,
  desired,
}: Decision): RecordedDecision => ({
  actions,
  independent,
  status,
  events,
  requeueAfterMs,
  waitsFor: desired.waitsFor,
});

/** A pass as JSON. `sqlRunner`: the jar that runs SQL scripts, which is left out. */
export function formatPass(
  kind: string,
  { resource, cluster, isNeededByParent, facts, now }: GatheredInput,
  decision: Decision,
  failure?: string,
  sqlRunner?: string,
): string {
  const text = formatJson({
    kind,
    now,
    resource,
    cluster: cluster && withoutStatus(cluster),
    ...(isNeededByParent ? { isNeededByParent: true } : {}),
    facts: recordFacts(facts, resource),
    decision: recordDecision(decision),
    failure,
  });
  return sqlRunner === undefined || resource.spec.job?.sql === undefined
    ? text
    : text.replaceAll(sqlRunner, SQL_RUNNER);
}

/** Of a cluster, a decision about a job reads the specs. */
const withoutStatus = ({ metadata, spec, status }: FlinkDeployment): object => ({
  metadata,
  spec,
  status: { reconciliationStatus: status?.reconciliationStatus },
});

function recordFacts(
  { isNamedElsewhere, requests, ...facts }: Facts,
  resource: FlinkResource,
): RecordedFacts {
  const own = namedPaths({ spec: resource.spec, status: resource.status ?? {} });
  const paths = new Set([...own, ...facts.snapshots.map(({ path }) => path)]);
  return {
    ...facts,
    namedElsewhere: [...paths].filter((path) => path !== "" && isNamedElsewhere?.(path) === true),
    ...(requests === undefined ? {} : { requests: { ...requests, unsent: [...requests.unsent] } }),
  };
}

/** The facts as a decision takes them. */
export function factsOf({ namedElsewhere, requests, ...facts }: RecordedFacts): Facts {
  const named = new Set(namedElsewhere);
  return {
    ...facts,
    isNamedElsewhere: (path) => named.has(path),
    ...(requests === undefined ? {} : { requests: { ...requests, unsent: new Set(requests.unsent) } }),
  };
}

/** The passes of some resources, with what all of them share. The form of the files that `kubectl flink replay` reads. */
export interface Recording {
  readonly format: 1;
  /** The version of the operator that decided. */
  readonly operatorVersion: string;
  /** The default logging configuration of jobs, by the name of the file. */
  readonly logFiles: Readonly<Record<string, string>>;
  /** The operator's configurations, of which each pass names one by its place. */
  readonly configurations: readonly Readonly<Record<string, string>>[];
  readonly passes: readonly (RecordedPass & {
    readonly configuration: number;
    /** How often it was repeated with the same failure. */
    readonly repeats?: number;
  })[];
}

/** Throws a text for the user if it is no recording. */
export function parseRecording(text: string): Recording {
  const data = parseJson(text) as Partial<Recording> | null;
  if (data?.format !== 1 || !Array.isArray(data.passes))
    throw new SyntaxError("it is no recording of the format 1");
  return data as Recording;
}
