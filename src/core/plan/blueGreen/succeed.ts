import type { KubeObject } from "../../../api/kubernetes.ts";
import {
  type Color,
  colors,
  type FlinkBlueGreenDeployment,
} from "../../../api/v1beta1/flinkbluegreendeployment.ts";
import { asFlinkDeployment, type FlinkDeployment } from "../../../api/v1beta1/flinkdeployment.ts";
import { BLUE_GREEN_FINALIZER, blueGreenChildName } from "../../../api/v1beta1/names.ts";
import { isStateless, jobStateOf } from "../../flinkbluegreendeployment/child.ts";
import type { Action } from "../../flinkbluegreendeployment/decision.ts";
import type { ChildFacts, Facts } from "../../flinkbluegreendeployment/facts.ts";
import { formatLastReconciledSpec } from "../../spec/lastReconciledSpec.ts";
import { FUTURE_SAVEPOINT, withoutRoute, withRoute } from "../succeed.ts";

/** The facts and the resource at one moment of a plan. */
export interface BlueGreenMoment {
  readonly resource: FlinkBlueGreenDeployment;
  readonly facts: Facts;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What its configuration makes of a FlinkDeployment, without anything that runs. */
export type ChildSettings = Pick<ChildFacts, "restPort" | "managesIngress" | "reactive"> &
  Pick<ChildFacts["job"], "savepointDirectory" | "savepointFormat" | "checkpointType">;
export type SettingsOfChild = (child: FlinkDeployment) => ChildSettings;

/** The moment once an action has succeeded, and everything that the FlinkDeployments, Kubernetes and Flink do because of it. */
export function afterAction(
  moment: BlueGreenMoment,
  action: Action,
  settingsOf: SettingsOfChild,
): BlueGreenMoment {
  const { resource, facts, now } = moment;
  const withFacts = (changed: Facts): BlueGreenMoment => ({ ...moment, facts: changed });
  switch (action.kind) {
    case "add-finalizer":
      return withFinalizers(moment, [...(resource.metadata.finalizers ?? []), BLUE_GREEN_FINALIZER]);
    case "remove-finalizer":
      return withFinalizers(
        moment,
        (resource.metadata.finalizers ?? []).filter((each) => each !== BLUE_GREEN_FINALIZER),
      );
    case "create-child":
      return withFacts(withChild(facts, resource, created(action.child, now), settingsOf, now));
    case "patch-child": {
      const child = named(facts, resource, action.name);
      const { generation = 0 } = child?.resource.metadata ?? {};
      return child === undefined
        ? moment
        : withFacts(
            withChild(
              facts,
              resource,
              {
                ...child.resource,
                metadata: { ...child.resource.metadata, generation: generation + 1 },
                spec: action.spec,
              },
              settingsOf,
              now,
            ),
          );
    }
    case "label-child": {
      const child = named(facts, resource, action.name);
      return child === undefined ? moment : withFacts(withMetadata(facts, resource, child, action));
    }
    case "delete-child": {
      const children = Object.entries(facts.children).filter(
        ([, child]) => child.resource.metadata.name !== action.name,
      );
      return withFacts({ ...facts, children: Object.fromEntries(children) });
    }
    case "apply-route":
      return withFacts(withRoutesOf(facts, (known) => withRoute(known, action, { resource })));
    case "delete-route":
      return withFacts(withRoutesOf(facts, (known) => withoutRoute(known, action)));
    case "trigger-savepoint": {
      const { jobId, triggerId } = action;
      return withFacts({
        ...facts,
        operation: {
          operation: { kind: "savepoint", jobId, triggerId },
          answer: { at: now, since: now, status: { state: "completed", location: FUTURE_SAVEPOINT } },
        },
      });
    }
  }
}

function withRoutesOf(
  facts: Facts,
  change: <Of extends { readonly routes?: NonNullable<Facts["routes"]> }>(known: Of) => Of,
): Facts {
  const { routes } = facts;
  return routes === undefined ? facts : { ...facts, routes: change({ routes }).routes };
}

const withFinalizers = (moment: BlueGreenMoment, finalizers: string[]): BlueGreenMoment => ({
  ...moment,
  resource: { ...moment.resource, metadata: { ...moment.resource.metadata, finalizers } },
});

const colorNamed = ({ metadata }: FlinkBlueGreenDeployment, name: string): Color =>
  colors.find((color) => blueGreenChildName(metadata.name, color) === name) ?? "BLUE";

const named = (facts: Facts, resource: FlinkBlueGreenDeployment, name: string): ChildFacts | undefined =>
  facts.children[colorNamed(resource, name)];

const created = (child: KubeObject, now: number): FlinkDeployment => ({
  ...asFlinkDeployment(child),
  metadata: {
    ...child.metadata,
    uid: `future-${child.metadata.name}-${now}`,
    generation: 1,
    creationTimestamp: new Date(now).toISOString(),
  },
});

/** Its own reconciles bring it to what its spec asks for. */
function withChild(
  facts: Facts,
  resource: FlinkBlueGreenDeployment,
  child: FlinkDeployment,
  settingsOf: SettingsOfChild,
  now: number,
): Facts {
  const color = colorNamed(resource, child.metadata.name);
  return {
    ...facts,
    children: { ...facts.children, [color]: settledChild(child, settingsOf(child), now) },
  };
}

/** A FlinkDeployment that has done what its spec asks for: its job runs, or is suspended. */
export function settledChild(child: FlinkDeployment, settings: ChildSettings, now: number): ChildFacts {
  const { metadata, spec, status } = child;
  const { namespace = "default", name, uid = "" } = metadata;
  const runs = jobStateOf(spec) !== "suspended";
  const wasLaunched =
    status?.lifecycleState === "STABLE" || status?.reconciliationStatus?.lastReconciledSpec !== undefined;
  const { restPort, managesIngress, reactive, ...ofJob } = settings;
  const jobId = status?.jobStatus?.jobId ?? `future-${uid}`;
  const stopped = isStateless(spec) ? {} : { upgradeSavepointPath: FUTURE_SAVEPOINT };
  return {
    resource: {
      ...child,
      status: {
        ...status,
        observedGeneration: metadata.generation ?? 1,
        lifecycleState: runs ? "STABLE" : wasLaunched ? "SUSPENDED" : "CREATED",
        jobStatus: {
          ...status?.jobStatus,
          jobId,
          state: runs ? "RUNNING" : "FINISHED",
          ...(runs ? {} : stopped),
        },
        reconciliationStatus: {
          ...status?.reconciliationStatus,
          state: "DEPLOYED",
          ...(runs || wasLaunched
            ? { lastReconciledSpec: formatLastReconciledSpec(spec, { firstDeployment: false }) }
            : {}),
        },
      },
    },
    deleting: false,
    restPort,
    managesIngress,
    reactive,
    completedCheckpoints: MANY_CHECKPOINTS,
    seenAt: now,
    job: {
      cluster: `${namespace}/${name}`,
      sessionCluster: undefined,
      endpoint: { host: "future", port: restPort },
      hasJob: true,
      toRun: runs,
      jobId,
      state: runs ? "RUNNING" : "FINISHED",
      startedAt: now,
      reported: { exceptions: { jobId, at: now, list: [] }, changedAt: now },
      canBeSnapshot: runs,
      flinkVersion: spec.flinkVersion,
      newestSavepoint: undefined,
      ...ofJob,
    },
  };
}

/** More checkpoints than any verification asks for. */
const MANY_CHECKPOINTS = 1_000_000;

/** Each answer of Flink is fresh, and shows a job without a fault. */
export const asSeenAt = (facts: Facts, now: number): Facts => ({
  ...facts,
  children: Object.fromEntries(
    Object.entries(facts.children).map(([color, child]) => [
      color,
      { ...child, completedCheckpoints: MANY_CHECKPOINTS, seenAt: now },
    ]),
  ),
});

function withMetadata(
  facts: Facts,
  resource: FlinkBlueGreenDeployment,
  child: ChildFacts,
  { labels, annotations }: Pick<Extract<Action, { readonly kind: "label-child" }>, "labels" | "annotations">,
): Facts {
  const { metadata } = child.resource;
  const labelled = {
    ...child,
    resource: {
      ...child.resource,
      metadata: {
        ...metadata,
        labels: { ...metadata.labels, ...labels },
        annotations: { ...metadata.annotations, ...annotations },
      },
    },
  };
  return { ...facts, children: { ...facts.children, [colorNamed(resource, metadata.name)]: labelled } };
}
