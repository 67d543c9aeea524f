/** The world of a recorded blue/green sequence (blueGreenReplay.ts): what it consists of, and what is compared of it. */
import type { KubeObject } from "../../src/api/kubernetes.ts";
import {
  asFlinkBlueGreenDeployment,
  type Color,
  type FlinkBlueGreenDeploymentSpec,
  type FlinkBlueGreenDeploymentStatus,
} from "../../src/api/v1beta1/flinkbluegreendeployment.ts";
import {
  asFlinkDeployment,
  type FlinkDeploymentSpec,
  type FlinkDeploymentStatus,
  flinkDeploymentSpec,
} from "../../src/api/v1beta1/flinkdeployment.ts";
import { BLUE_GREEN_LABEL } from "../../src/api/v1beta1/names.ts";
import { flinkConfig } from "../../src/config/flinkConfig.ts";
import { projectRoute } from "../../src/controllers/flinkdeployment/ingressRoutes.ts";
import {
  decideBlueGreen,
  decideFailure,
  type Input,
} from "../../src/core/flinkbluegreendeployment/decide.ts";
import type { Action, Decision } from "../../src/core/flinkbluegreendeployment/decision.ts";
import type { ChildFacts } from "../../src/core/flinkbluegreendeployment/facts.ts";
import { settingsOf } from "../../src/core/flinkdeployment/specConfiguration.ts";
import { knownStatus } from "../../src/core/job/status/status.ts";
import { canonical } from "../../src/core/spec/canonicalSpec.ts";
import { formatJavaJson } from "../../src/core/spec/javaJson.ts";
import { readableSpec } from "../../src/core/spec/lastReconciledSpec.ts";

/** A recorded sequence (BLUEGREEN, "Golden files"). */
export interface Sequence {
  readonly name: string;
  readonly input: {
    readonly metadata: { readonly namespace: string; readonly name: string };
    readonly spec: FlinkBlueGreenDeploymentSpec;
    readonly operatorConfiguration: Readonly<Record<string, string>>;
  };
  readonly steps: readonly { readonly before: readonly Before[]; readonly reconcile: Recorded }[];
}

/** A sequence as it is recorded, or as test/golden has it: the input, then the steps. */
export const sequenceOf = (recording: unknown): Sequence => {
  if (!Array.isArray(recording)) return recording as Sequence;
  const [input, ...steps] = recording;
  return { ...(input as Omit<Sequence, "steps">), steps: steps as Sequence["steps"] };
};

interface Before {
  readonly editSpec?: FlinkBlueGreenDeploymentSpec;
  /** The color in lower case. */
  readonly child?: string;
  readonly becomes?: string;
  readonly status?: FlinkDeploymentStatus;
  readonly savepointAnswer?: SavepointAnswer;
  readonly waitMs?: number;
}

interface SavepointAnswer {
  readonly mode?: "pending" | "done" | "error";
  readonly location?: string;
  readonly error?: string;
  readonly triggerError?: string;
}

interface Recorded {
  readonly rescheduleAfterMs?: number | null;
  readonly thrown?: string;
  readonly flinkCalls: readonly string[];
  readonly status: Readonly<Record<string, unknown>> & {
    readonly jobStatus?: { readonly state?: string | null };
  };
  readonly children: Readonly<Record<string, RecordedChild>>;
  readonly ingress?: unknown;
}

interface RecordedChild {
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerReferences: readonly { readonly uid: string }[];
  readonly spec: FlinkDeploymentSpec | "<unchanged>";
  readonly lifecycleState?: string;
}

/** What is compared after a reconcile. */
export interface Observed {
  state: string | undefined;
  job: string | undefined;
  error: string | undefined;
  lastReconciledSpec: string | undefined;
  hasTrigger: boolean;
  /** Milliseconds from now; 0 since the epoch is "epoch". */
  abort: Time;
  ready: Time;
  /** 0: at once. A number: after so many milliseconds. Undefined: not by itself. "any": not compared. */
  reschedule: number | "any" | undefined;
  triggers: string[];
  children: Partial<Record<Color, ObservedChild>>;
  ingress: unknown;
}

export type Time = number | "epoch" | undefined;

export interface ObservedChild {
  labels: Readonly<Record<string, string>>;
  owners: unknown;
  lifecycle: string;
  /** Canonical JSON. */
  spec: string;
}

const start = Date.parse("2026-01-01T00:00:00Z");
export const specText = (spec: FlinkDeploymentSpec): string =>
  formatJavaJson(canonical(spec, flinkDeploymentSpec));

/** The resource, its FlinkDeployments, its Ingress and Flink, as far as a sequence shows them. */
export class ReplayWorld {
  now = start;
  resource: KubeObject;
  readonly children = new Map<Color, KubeObject>();
  ingress: KubeObject | undefined;
  answer: SavepointAnswer = {};
  /** The savepoint is not complete while the recording waits for it without another word. */
  isPending = false;
  triggers: string[] = [];
  readonly #operatorConfig;
  readonly #sent: string[] = [];
  #made = 0;

  constructor({ input, steps }: Sequence) {
    const owner = steps.flatMap(({ reconcile }) => Object.values(reconcile.children)).at(0)
      ?.ownerReferences[0];
    this.#operatorConfig = flinkConfig(input.operatorConfiguration);
    this.resource = {
      metadata: { ...input.metadata, uid: owner?.uid ?? "uid", generation: 1 },
      spec: input.spec,
    };
  }

  get status(): FlinkBlueGreenDeploymentStatus {
    return (this.resource.status ?? {}) as FlinkBlueGreenDeploymentStatus;
  }

  apply(before: Before): void {
    const { editSpec, child, becomes, status, savepointAnswer, waitMs } = before;
    const { metadata } = this.resource;
    if (editSpec !== undefined)
      this.resource = {
        ...this.resource,
        metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
        spec: editSpec,
      };
    if (savepointAnswer !== undefined) {
      const { triggerError: _, ...known } = this.answer;
      this.answer = { ...known, ...savepointAnswer };
    }
    if (waitMs !== undefined) this.now += waitMs;
    if (child === undefined) return;
    const color = child.toUpperCase() as Color;
    const found = this.children.get(color);
    if (becomes === "delete" || becomes === "deleted") this.children.delete(color);
    else if (found !== undefined)
      this.children.set(color, {
        ...found,
        status: { ...status, observedGeneration: found.metadata.generation },
      });
  }

  /** One reconcile. Returns the decision, and whether it changed what the next one sees without a change of the status. */
  reconcile(): { readonly decision: Decision; readonly deleted: boolean } {
    const decision = decideBlueGreen(this.#input());
    let deleted = false;
    for (const action of [...decision.actions, ...decision.independent])
      deleted = this.#act(action) || deleted;
    this.#setStatus(decision.status);
    for (const action of decision.afterStatus) {
      const { triggerError } = this.answer;
      const input = this.#input();
      if (action.kind === "trigger-savepoint" && triggerError !== undefined) {
        this.#act(action);
        this.#sent.pop();
        const failed = decideFailure(input, { action, status: 400, message: triggerError });
        if (failed === undefined) throw new Error("the refused trigger is no failure");
        this.#setStatus(failed.status);
        return { decision: failed, deleted };
      }
      deleted = this.#act(action) || deleted;
    }
    return { decision, deleted };
  }

  #setStatus(status: FlinkBlueGreenDeploymentStatus): void {
    this.resource = { ...this.resource, status: JSON.parse(JSON.stringify(status)) };
  }

  #input(): Input {
    return {
      resource: asFlinkBlueGreenDeployment(this.resource),
      now: this.now,
      facts: {
        children: Object.fromEntries([...this.children].map(([color, child]) => [color, this.#facts(child)])),
        strangers: {},
        operation: this.#operation(),
        unsent: undefined,
        routes: {
          Ingress: {
            unknown: undefined,
            found: this.ingress && projectRoute(this.ingress).facts,
            answered: undefined,
          },
          HTTPRoute: { unknown: undefined, found: undefined, answered: undefined },
        },
        invalid: undefined,
        keepsStateOnDeletion: false,
      },
    };
  }

  #facts(child: KubeObject): ChildFacts {
    const resource = asFlinkDeployment(child);
    const settings = settingsOf(this.#operatorConfig, resource, readableSpec(resource));
    const { jobId, state } = resource.status?.jobStatus ?? {};
    return {
      resource: { ...resource, status: knownStatus(resource.status) },
      deleting: false,
      restPort: settings.restPort,
      managesIngress: settings.managesIngress,
      reactive: settings.reactive,
      completedCheckpoints: undefined,
      seenAt: undefined,
      job: {
        cluster: child.metadata.name,
        sessionCluster: undefined,
        endpoint: { host: "job", port: settings.restPort },
        hasJob: true,
        toRun: true,
        jobId: jobId ?? undefined,
        state: state ?? undefined,
        startedAt: undefined,
        canBeSnapshot: state === "RUNNING",
        flinkVersion: resource.spec.flinkVersion,
        savepointDirectory: settings.savepointDirectory,
        savepointFormat: settings.savepointFormat,
        checkpointType: "FULL",
        newestSavepoint: undefined,
      },
    };
  }

  #operation(): Input["facts"]["operation"] {
    const { savepointTriggerId: triggerId } = this.status;
    if (triggerId === undefined) return undefined;
    const {
      mode = this.isPending ? "pending" : "done",
      location,
      error = "the savepoint failed",
    } = this.answer;
    const at = { at: this.now, since: this.now };
    const operation = { kind: "savepoint", jobId: "job", triggerId } as const;
    if (!this.#sent.includes(triggerId))
      return { operation, answer: { ...at, status: { state: "unknown" } } };
    if (mode === "pending") return { operation, answer: { ...at, status: { state: "in-progress" } } };
    if (mode === "error")
      return {
        operation,
        answer: {
          ...at,
          status: { state: "failed", failure: { className: "", stackTrace: error } as never },
        },
      };
    const path = location ?? `s3://bucket/sp/savepoint-${this.#sent.indexOf(triggerId) + 1}`;
    return { operation, answer: { ...at, status: { state: "completed", location: path } } };
  }

  /** Returns whether a FlinkDeployment is gone. */
  #act(action: Action): boolean {
    switch (action.kind) {
      case "create-child": {
        const { labels } = action.child.metadata;
        const metadata = { ...action.child.metadata, uid: `child-${++this.#made}`, generation: 1 };
        this.children.set(labels?.[BLUE_GREEN_LABEL] as Color, { ...action.child, metadata });
        return false;
      }
      case "patch-child":
        this.#change(action.name, ({ metadata, ...child }) => ({
          ...child,
          metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
          spec: action.spec,
        }));
        return false;
      case "label-child":
        this.#change(action.name, ({ metadata, ...child }) => ({
          ...child,
          metadata: { ...metadata, labels: { ...metadata.labels, ...action.labels } },
        }));
        return false;
      case "delete-child":
        for (const [color, { metadata }] of this.children)
          if (metadata.name === action.name) this.children.delete(color);
        return true;
      case "apply-route":
        this.ingress = action.object;
        return false;
      case "delete-route":
        this.ingress = undefined;
        return false;
      case "trigger-savepoint": {
        const { jobId, formatType, targetDirectory, triggerId } = action;
        this.triggers.push(`triggerSavepoint jobId=${jobId} format=${formatType} dir=${targetDirectory}`);
        this.#sent.push(triggerId);
        return false;
      }
      case "add-finalizer":
      case "remove-finalizer":
        return false;
    }
  }

  #change(name: string, change: (child: KubeObject) => KubeObject): void {
    for (const [color, child] of this.children)
      if (child.metadata.name === name) this.children.set(color, change(child));
  }

  observe(reschedule: number | undefined): Observed {
    const { status } = this;
    const time = (text: string | undefined): Time => {
      if (text === undefined) return undefined;
      const at = Date.parse(text);
      return at === 0 ? "epoch" : at - this.now;
    };
    const triggers = this.triggers;
    this.triggers = [];
    return {
      state: status.blueGreenState,
      job: status.jobStatus?.state,
      error: status.error,
      lastReconciledSpec: status.lastReconciledSpec,
      hasTrigger: status.savepointTriggerId !== undefined,
      abort: time(status.abortTimestamp),
      ready: time(status.deploymentReadyTimestamp),
      reschedule,
      triggers,
      children: Object.fromEntries(
        [...this.children].map(([color, child]) => [
          color,
          {
            labels: child.metadata.labels ?? {},
            owners: child.metadata.ownerReferences,
            lifecycle: (child.status as FlinkDeploymentStatus | undefined)?.lifecycleState ?? "CREATED",
            spec: specText(asFlinkDeployment(child).spec),
          } satisfies ObservedChild,
        ]),
      ),
      ingress: this.ingress,
    };
  }
}

/** A recorded reconcile in the form that is compared. `last`: the one before it. */
export function recordedAs({ reconcile }: Sequence["steps"][number], last: Observed | undefined): Observed {
  const { status, children, flinkCalls, rescheduleAfterMs, ingress } = reconcile;
  const text = (field: string): string | undefined =>
    (status[field] as string | null | undefined) ?? undefined;
  const time = (field: string): Time => {
    const said = text(field);
    const [, sign = "+", seconds = "0"] = /^<now(?:([+-])(\d+)s)?>$/.exec(said ?? "") ?? [];
    if (said === undefined) return undefined;
    return said.startsWith("<") ? Number(`${sign}${seconds}`) * 1_000 : "epoch";
  };
  const spec = text("lastReconciledSpec");
  const recordedChildren = Object.values(children).map((child): [Color, ObservedChild] => {
    const color = child.labels[BLUE_GREEN_LABEL] as Color;
    const text = child.spec === "<unchanged>" ? (last?.children[color]?.spec ?? "") : specText(child.spec);
    return [
      color,
      {
        labels: child.labels,
        owners: child.ownerReferences,
        lifecycle: child.lifecycleState ?? "CREATED",
        spec: text,
      },
    ];
  });
  return {
    state: text("blueGreenState"),
    job: status.jobStatus?.state ?? undefined,
    error: text("error"),
    lastReconciledSpec: spec === "<unchanged>" ? last?.lastReconciledSpec : spec,
    hasTrigger: text("savepointTriggerId") !== undefined,
    abort: time("abortTimestamp"),
    ready: time("deploymentReadyTimestamp"),
    reschedule: rescheduleAfterMs ?? undefined,
    triggers: flinkCalls.filter((call) => call.startsWith("triggerSavepoint")),
    children: Object.fromEntries(recordedChildren),
    ingress: ingress ?? undefined,
  };
}
