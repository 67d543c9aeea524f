import { type KubeObject, resourceTypes } from "../../../api/kubernetes.ts";
import { redactSecrets } from "../../../api/redact.ts";
import { asFlinkBlueGreenDeployment } from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { asFlinkStateSnapshot } from "../../../api/v1beta1/flinkstatesnapshot.ts";
import type { OperatorView } from "../../../views/operatorView.ts";
import { readTop } from "../../../views/topView.ts";
import { type Action, type AutoscaledVertex, actions, type ResourcePage } from "../../contract.ts";
import { rowOf } from "../fleet/row.ts";
import type { Rights } from "../rights.ts";
import { autoscaledVertices } from "./autoscaled.ts";
import { allowedActions, whyNot } from "./availability.ts";
import { explainView } from "./explanation.ts";
import { checkpointsOf, exceptionsOf, graphOf } from "./flinkParts.ts";
import { flinkGet } from "./flinkRest.ts";
import { manifestOf } from "./manifestText.ts";
import { readObjects, treeOf } from "./objects.ts";
import { viewAsOperator } from "./operatorKnowledge.ts";
import { snapshotRows } from "./snapshotRows.ts";
import { activeSideOf, appLabelsOf, clusterIdOf, type Subject, sidesOf } from "./subject.ts";
import { timelineOf } from "./timeline.ts";

/** What is around a resource in Kubernetes: all that takes a list. */
export interface Surroundings {
  readonly view: OperatorView | undefined;
  readonly snapshots: readonly KubeObject[];
  readonly events: readonly KubeObject[];
  readonly autoscaler: readonly AutoscaledVertex[];
  readonly sides: readonly KubeObject[] | undefined;
  readonly objects: ResourcePage["objects"];
  readonly remarks: readonly string[];
}

/** The answer, or undefined with a remark. */
const orRemarkIn =
  (remarks: string[]) =>
  async <Answer>(what: string, answer: Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await answer;
    } catch (error) {
      remarks.push(redactSecrets(`${what}: ${(error as Error).message}`));
      return undefined;
    }
  };

export async function surroundingsOf(subject: Subject, now: () => number): Promise<Surroundings> {
  const { caller, plural, object } = subject;
  const remarks: string[] = [];
  const orRemark = orRemarkIn(remarks);
  const isBlueGreen = plural === "flinkbluegreendeployments";
  const [view, snapshots, events, autoscaler, sides] = await Promise.all([
    isBlueGreen ? undefined : orRemark("the operator's view", viewAsOperator(caller, object, now)),
    orRemark("snapshots", snapshotsOf(subject)),
    orRemark("events", eventsOf(subject)),
    orRemark("the autoscaler's state", autoscaledVertices(subject)),
    isBlueGreen ? orRemark("its sides", sidesOf(subject)) : undefined,
  ]);
  const objects = await objectsOf(subject, sides, remarks);
  return {
    view,
    snapshots: snapshots ?? [],
    events: events ?? [],
    autoscaler: autoscaler ?? [],
    sides,
    objects,
    remarks,
  };
}

/** All that the page of a resource shows. What the caller may not read is left out, with a remark. */
export async function pageOf(
  subject: Subject,
  rights: Rights,
  { view, snapshots, events, autoscaler, sides, objects, remarks: known }: Surroundings,
): Promise<ResourcePage> {
  const { caller, plural, object } = subject;
  const remarks = [...known];
  const [flink, allowed] = await Promise.all([
    readFlink(subject, orRemarkIn(remarks)),
    allowedActions(subject, rights),
  ]);
  const { spec, status = {} } = asFlinkDeployment(object);
  const explained = view && explainView(view);
  const row = rowOf(caller.cluster.name, plural, object);
  const script = scriptOf(object);
  const lastChange = status.pendingChange;
  return {
    row: { ...row, ...flinkNumbers(flink) },
    resourceVersion: object.metadata.resourceVersion ?? "",
    ...(status.observedGeneration == null
      ? {}
      : { isObserved: Number(status.observedGeneration) >= (object.metadata.generation ?? 0) }),
    generation: object.metadata.generation ?? 0,
    manifest: manifestOf(subject),
    desired: explained?.desired ?? [],
    explanation: explained?.sentences ?? (row.message === "" ? [] : [row.message]),
    conditions: conditionsOf(object),
    timeline: timelineOf({
      decisions: asFlinkDeployment(object).status?.decisions ?? [],
      events,
      snapshots,
    }),
    snapshots: snapshotRows(explained?.explanation, snapshots, flink.checkpoints),
    objects,
    exceptions: flink.exceptions ?? [],
    ...(flink.checkpoints === undefined ? {} : { checkpoints: flink.checkpoints }),
    ...(flink.graph === undefined ? {} : { graph: flink.graph }),
    ...(script === undefined ? {} : { script }),
    ...(sides === undefined ? {} : { sides: sideRows(subject, sides) }),
    ...(autoscaler.length === 0 ? {} : { autoscaler }),
    ...(lastChange == null || spec.job == null
      ? {}
      : {
          pendingChange: {
            reason: lastChange.waitsFor ?? "",
            ...(lastChange.until == null ? {} : { until: lastChange.until }),
            ...(lastChange.generation == null ? {} : { generation: Number(lastChange.generation) }),
            summary: redactSecrets(
              `${lastChange.effect ?? "a restart"}: ${(lastChange.changes ?? []).join(", ")}`,
            ),
          },
        }),
    allowed,
    unavailable: unavailable(subject),
    remarks: [...new Set([...remarksOf(view), ...remarks])],
  };
}

const remarksOf = (view: OperatorView | undefined): readonly string[] =>
  (view?.remarks ?? []).map(redactSecrets);

type OrRemark = ReturnType<typeof orRemarkIn>;

type FlinkAnswers = Partial<Pick<ResourcePage, "checkpoints" | "graph" | "exceptions">> & {
  readonly restarts?: number;
  readonly lag?: number;
  readonly busy?: number;
};

/** What the JobManager says, if the job was seen to run. */
async function readFlink(subject: Subject, orRemark: OrRemark): Promise<FlinkAnswers> {
  const clusterId = clusterIdOf(subject);
  const { jobStatus, lifecycleState } = asFlinkDeployment(subject.object).status ?? {};
  const jobId = jobStatus?.jobId;
  if (clusterId === undefined || !jobId || !/^[0-9a-f]{32}$/.test(jobId) || lifecycleState === "SUSPENDED")
    return {};
  const get = flinkGet(subject.caller, subject.namespace, clusterId);
  const [job, checkpoints, exceptions, load, restarts] = await Promise.all([
    orRemark("the job's graph", get(`/jobs/${jobId}`)),
    // A job without checkpoints has none, which is nothing to remark.
    get(`/jobs/${jobId}/checkpoints`).catch(() => undefined),
    get(`/jobs/${jobId}/exceptions?maxExceptions=20`).catch(() => undefined),
    readTop(get, jobId).catch(() => undefined),
    get(`/jobs/${jobId}/metrics?get=numRestarts`).catch(() => undefined),
  ]);
  const numRestarts = Number(
    (restarts as readonly { value?: string }[] | undefined)?.[0]?.value ?? Number.NaN,
  );
  const lags = (load?.vertices ?? []).flatMap(({ lag }) => (lag === undefined ? [] : [lag]));
  const busy = (load?.vertices ?? []).flatMap(({ busyMax }) => (busyMax === undefined ? [] : [busyMax]));
  return {
    ...(job === undefined ? {} : { graph: graphOf(job, load) }),
    ...(checkpoints === undefined ? {} : { checkpoints: checkpointsOf(checkpoints) }),
    ...(exceptions === undefined ? {} : { exceptions: exceptionsOf(exceptions) }),
    ...(Number.isNaN(numRestarts) ? {} : { restarts: numRestarts }),
    ...(lags.length === 0 ? {} : { lag: lags.reduce((sum, each) => sum + each, 0) }),
    ...(busy.length === 0 ? {} : { busy: Math.max(...busy) }),
  };
}

function flinkNumbers({ checkpoints, restarts, lag, busy }: FlinkAnswers): Partial<ResourcePage["row"]> {
  const newest = checkpoints?.history.find(({ status }) => status === "COMPLETED");
  return {
    ...(newest === undefined ? {} : { checkpointAt: newest.at, checkpointBytes: newest.bytes }),
    ...(restarts === undefined ? {} : { restarts }),
    ...(lag === undefined ? {} : { lag }),
    ...(busy === undefined ? {} : { busy }),
  };
}

async function snapshotsOf({ caller, namespace, name, object }: Subject): Promise<KubeObject[]> {
  const { items } = await caller.kube.list(resourceTypes.flinkStateSnapshot, { namespace });
  return items.filter((each) => {
    const { jobReference } = asFlinkStateSnapshot(each).spec;
    return jobReference?.name === name && jobReference.kind === object.kind;
  });
}

async function eventsOf({ caller, namespace, object }: Subject): Promise<KubeObject[]> {
  const fieldSelector = `involvedObject.uid=${object.metadata.uid}`;
  return (await caller.kube.list(resourceTypes.event, { namespace, fieldSelector })).items;
}

async function objectsOf(
  { caller, plural, namespace, object }: Subject,
  sides: readonly KubeObject[] | undefined,
  remarks: string[],
): Promise<ResourcePage["objects"]> {
  // Those of a session job belong to its session cluster.
  if (plural === "flinksessionjobs") return [];
  const clusters = sides ?? [object];
  const trees = await Promise.all(
    clusters.map(async ({ kind = "", metadata, status }) => {
      const found = await readObjects(caller, namespace, appLabelsOf({ metadata, status }));
      remarks.push(...found.unread);
      const children = treeOf(found);
      const { lifecycleState = "" } = (status ?? {}) as { lifecycleState?: string };
      return sides === undefined
        ? children
        : [{ kind, name: metadata.name, state: lifecycleState, children }];
    }),
  );
  return trees.flat();
}

function conditionsOf(object: KubeObject): ResourcePage["conditions"] {
  const conditions = asFlinkDeployment(object).status?.conditions ?? [];
  return conditions.map(({ type = "", status = "", reason = "", message = "", lastTransitionTime = "" }) => ({
    type,
    status,
    reason,
    message: redactSecrets(message),
    at: lastTransitionTime,
  }));
}

function scriptOf(object: KubeObject): ResourcePage["script"] {
  const spec =
    object.kind === resourceTypes.flinkBlueGreenDeployment.kind
      ? asFlinkBlueGreenDeployment(object).spec.template?.spec
      : asFlinkDeployment(object).spec;
  const { sql, python } = spec?.job ?? {};
  if (sql?.script != null) return { language: "sql", text: redactSecrets(sql.script) };
  if (python?.script != null) return { language: "python", text: redactSecrets(python.script) };
  return undefined;
}

function sideRows(
  { caller, object }: Subject,
  sides: readonly KubeObject[],
): NonNullable<ResourcePage["sides"]> {
  const active = activeSideOf(object)?.side;
  return (["blue", "green"] as const).map((side) => {
    const found = sides.find(({ metadata }) => metadata.name === `${object.metadata.name}-${side}`);
    return {
      side,
      active: side === active,
      ...(found === undefined ? {} : { row: rowOf(caller.cluster.name, "flinkdeployments", found) }),
    };
  });
}

const unavailable = (subject: Subject): ResourcePage["unavailable"] =>
  Object.fromEntries(
    actions.flatMap((action): [Action, string][] => {
      const why = whyNot(action, subject);
      return why === undefined ? [] : [[action, why]];
    }),
  );
