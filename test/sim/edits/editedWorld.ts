import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { diffSpec } from "../../../src/core/diff/diff.ts";
import type { Notice } from "../../../src/core/warn/warnOfNoEffect.ts";
import { isKubeError } from "../../../src/kube/errors.ts";
import { endState } from "../endState.ts";
import { OperatorProcess } from "../operatorProcess.ts";
import { checkInvariants } from "../oracles.ts";
import { type Scenario, View } from "../scenario.ts";
import { differences, dig, isObject, type JsonObject, textAt } from "../world/json.ts";
import { sameType } from "../world/kubernetes/store.ts";
import { namespace, World } from "../world/world.ts";
import { type BaselineMode, baseline, resourceName } from "./baseline.ts";
import { applyEdit, type Edit, mergePatchBetween } from "./edit.ts";
import { differencesFromBuilt } from "./expected.ts";

/** The result of one edit and of its reversal. */
export interface EditResult {
  readonly outcome: "applied" | "refused by the API server" | "refused by the operator";
  /** The job was restarted, or would have been. */
  readonly restarted: boolean;
  readonly error: string | undefined;
  /** What was wrong; empty for success. */
  readonly failures: readonly string[];
}

const isAboutResource = (event: KubeObject): boolean =>
  textAt(event, "involvedObject", "kind") === "FlinkDeployment";

const timeoutMs = 5 * 60_000;
/** A refusal must hold this long, with the job unchanged. */
const refusalHoldsMs = 10_000;
/** The most dry runs that the back-off allows in this time. */
const maxDryRuns = 30;
const eventBurst = 12;
const eventIntervalMs = 30_000;
/** The time between two edits: long enough for a checkpoint. */
const settleMs = 4_000;

/** One world with the operator and the running baseline, for edits one after the other. */
export class EditedWorld {
  readonly world = new World({ seed: 1 });
  readonly view = new View(this.world, resourceName);
  readonly operator: OperatorProcess;
  readonly #spec: JsonObject;
  #stateBefore: unknown;
  #countedEvents = 0;

  private constructor(mode: BaselineMode) {
    this.operator = new OperatorProcess(this.world, 1, 1, () => {});
    const resource = baseline(mode);
    this.#spec = resource.spec;
    this.world.server.create("user", type, resource);
  }

  static async start(mode: BaselineMode): Promise<EditedWorld> {
    const edited = new EditedWorld(mode);
    const { world, view } = edited;
    await world.until("the baseline runs", () => isApplied(view));
    await world.clock.runFor(settleMs);
    edited.#stateBefore = stateAtRest(world);
    return edited;
  }

  async play(edit: Edit): Promise<EditResult> {
    const { world, view } = this;
    const next = applyEdit(this.#spec, edit);
    // An edit that changes nothing in this baseline counts as applied.
    if (next === undefined) return { outcome: "applied", restarted: false, error: undefined, failures: [] };
    await this.#waitForEventBudget();
    const since = this.#now();
    const refusal = this.#write(this.#spec, next);
    if (refusal !== undefined) return refusedByServer(refusal, edit, this.#violations(since));
    const wouldRestart = !["IGNORE", "APPLY"].includes(diffSpec(this.#spec, next).type);
    await world.clock.runUntil(() => isApplied(view) || isRefused(view), world.clock.now() + timeoutMs);
    const result = isRefused(view)
      ? await this.#refused(edit, since, wouldRestart)
      : this.#applied(edit, since, wouldRestart);
    const back = await this.#revert(next);
    return { ...result, failures: [...result.failures, ...back, ...this.#violations(since)] };
  }

  #now() {
    const { world } = this;
    return {
      journal: world.journal.entries.length,
      history: world.store.history.length,
      deployment: this.#deploymentUid(),
    };
  }

  #deploymentUid(): string | undefined {
    return this.world.server.find(resourceTypes.deployment, namespace, resourceName)?.metadata.uid;
  }

  /** Patches the spec as a client does. Returns the message of the API server's refusal. */
  #write(from: JsonObject, to: JsonObject): string | undefined {
    const { server } = this.world;
    const patch = { spec: mergePatchBetween(from, to) };
    try {
      server.mergePatch("user", type, namespace, resourceName, patch);
      return undefined;
    } catch (error) {
      if (!isKubeError(error)) throw error;
      return error.message;
    }
  }

  #applied(edit: Edit, since: Since, wouldRestart: boolean): EditResult {
    const { view } = this;
    const restarted = this.#deploymentUid() !== since.deployment;
    const stuck = isApplied(view) ? [] : [`neither applied nor refused: ${describe(view)}`];
    const suspended = view.status?.lifecycleState === "SUSPENDED";
    const wrongObjects = stuck.length > 0 || suspended ? [] : differencesFromBuilt(view);
    return {
      outcome: "applied",
      restarted,
      error: undefined,
      failures: [
        ...stuck,
        ...(edit.kind === "wrong type" && !isFreeForm(edit) ? ["a value of another type was accepted"] : []),
        ...(restarted && !wouldRestart ? ["restarted for a change that needs no restart"] : []),
        // A change without a restart takes effect in Flink only with the next restart.
        ...(restarted || wouldRestart ? wrongObjects : []),
        ...this.#problems(since),
      ],
    };
  }

  async #refused(edit: Edit, since: Since, wouldRestart: boolean): Promise<EditResult> {
    const { view, world } = this;
    await world.clock.runFor(refusalHoldsMs);
    const error = messageOf(view.status?.error);
    const warnings = this.#warnings(since);
    const dryRuns = world.journal.entries
      .slice(since.journal)
      .filter(({ event }) => event === "dry-run").length;
    const isUnchanged = this.#deploymentUid() === since.deployment && view.job?.working === true;
    return {
      outcome: "refused by the operator",
      restarted: wouldRestart,
      error,
      failures: [
        ...(error !== undefined ? [] : ["the refusal disappeared"]),
        ...(error === undefined || namesField(error, edit)
          ? []
          : [`the error does not name the field: ${error}`]),
        ...(dryRuns <= maxDryRuns ? [] : [`${dryRuns} dry runs at the API server`]),
        ...(warnings.length === 1 || (warnings.length === 0 && this.#wasReportedBefore(since))
          ? []
          : [`${warnings.length} Warnings: ${warnings.join(" | ")}`]),
        ...(isUnchanged ? [] : ["the job was restarted or stopped"]),
        ...(view.status?.jobStatus?.state === "RUNNING"
          ? []
          : [`the job is ${view.status?.jobStatus?.state}`]),
      ],
    };
  }

  async #revert(from: JsonObject): Promise<string[]> {
    const { world, view } = this;
    const since = this.#now();
    const refusal = this.#write(from, this.#spec);
    if (refusal !== undefined) return [`cannot be reverted: ${refusal}`];
    const returned = await world.clock.runUntil(() => isApplied(view), world.clock.now() + timeoutMs);
    if (!returned) return [`not applied after the reversal: ${describe(view)}`];
    await world.clock.runFor(settleMs);
    return [
      ...differences(this.#stateBefore, stateAtRest(world)).map(
        (line) => `differs after the reversal: ${line}`,
      ),
      ...this.#problems(since).map((what) => `during the reversal: ${what}`),
    ];
  }

  /** Errors and Warnings, which a successful change never causes. */
  #problems(since: Since): string[] {
    const errors = this.world.store.history.slice(since.history).flatMap(({ type: resourceType, object }) => {
      const error = sameType(resourceType, type) ? messageOf(textAt(object, "status", "error")) : undefined;
      return error === undefined ? [] : [error];
    });
    // The error of a refused edit remains until the operator has seen the reversal.
    const fresh = errors.filter((error, at) => at > 0 && error !== errors[0]);
    const warnings = this.#warnings(since).filter(
      (what) => !noticeReasons.some((reason) => what.startsWith(reason)),
    );
    return [...warnings, ...fresh].map((what) => `unexpected problem: ${what}`);
  }

  #warnings(since: Since): string[] {
    return this.world.store.history
      .slice(since.history)
      .flatMap(({ type: resourceType, object }) =>
        sameType(resourceType, resourceTypes.event) &&
        object.type === "Warning" &&
        object.reason !== "Unhealthy"
          ? [`${object.reason}: ${String(object.message)}`]
          : [],
      );
  }

  /** Whether the error was reported before: the operator does not repeat a recent event with the same message. */
  #wasReportedBefore(since: Since): boolean {
    const error = messageOf(this.view.status?.error) ?? "";
    return this.world.store.history
      .slice(0, since.history)
      .some(
        ({ type: resourceType, object }) =>
          sameType(resourceType, resourceTypes.event) && object.message === error,
      );
  }

  /** The operator limits the rate of events of one resource: waits until it may report again. */
  async #waitForEventBudget(): Promise<void> {
    const { store, clock } = this.world;
    const events = store.history
      .slice(this.#countedEvents)
      .filter(
        ({ type: resourceType, object }) =>
          sameType(resourceType, resourceTypes.event) && isAboutResource(object),
      ).length;
    if (events < eventBurst) return;
    await clock.runFor(events * eventIntervalMs);
    this.#countedEvents = store.history.length;
  }

  #violations(since: Since): string[] {
    const { passes } = this.operator;
    return checkInvariants(this.world, scenario, {
      disturbance: "none",
      passes,
      converged: true,
      retained: {},
    })
      .filter(({ at }) => at >= since.journal)
      .map(({ invariant, message }) => `${invariant}: ${message}`);
  }
}

interface Since {
  readonly journal: number;
  readonly history: number;
  readonly deployment: string | undefined;
}

const type = resourceTypes.flinkDeployment;

/** Each edit decides whether a Warning is expected. */
const scenario: Scenario = {
  name: "edits",
  steps: [],
  stateful: true,
  highlyAvailable: true,
  healthy: false,
};

/** The types of Flink's configuration are not all known, and an empty list is the same as no value. */
const isFreeForm = ({ path, value }: Edit): boolean =>
  (path[0] === "flinkConfiguration" && path.length > 1) || (Array.isArray(value) && value.length === 0);

const isApplied = (view: View): boolean => {
  const { status, resource, job } = view;
  if (!view.settled || status?.error !== undefined) return false;
  if (dig(resource, "spec", "job", "state") === "suspended") return status?.lifecycleState === "SUSPENDED";
  return (
    status?.lifecycleState === "STABLE" && status.jobStatus?.state === "RUNNING" && job?.working === true
  );
};

const isRefused = ({ status }: View): boolean => status?.error !== undefined;

const refusedByServer = (error: string, edit: Edit, broken: readonly string[]): EditResult => ({
  outcome: "refused by the API server",
  restarted: false,
  error,
  failures: [
    ...(namesField(error, edit) ? [] : [`the refusal does not name the field: ${error}`]),
    ...broken,
  ],
});

const messageOf = (error: string | undefined): string | undefined =>
  error === undefined ? undefined : (JSON.parse(error) as { message: string }).message;

const describe = ({ status, job }: View): string =>
  JSON.stringify({
    lifecycleState: status?.lifecycleState,
    jobManager: status?.jobManagerDeploymentStatus,
    job: status?.jobStatus?.state,
    working: job?.working,
    error: messageOf(status?.error),
  });

/** Fields that are part of most paths. */
const commonFields = new Set(["spec", "metadata", "podTemplate", "flinkConfiguration"]);

const normalized = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");

/**
 * Whether the error names the edited field: the field, one that contains it, one inside the value, or, for a key of the
 * configuration, the option that it belongs to.
 */
const namesField = (error: string, { path, value }: Edit): boolean => {
  const fields = path.filter((step) => typeof step === "string");
  const specificFields = fields.filter((field) => !commonFields.has(field));
  const key = path[0] === "flinkConfiguration" ? (specificFields.at(-1) ?? "") : "";
  const [process = "", memory = ""] = key.split(".");
  const candidates = [
    ...(specificFields.length > 0 ? specificFields.slice(-4) : fields),
    ...(isObject(value) ? Object.keys(value) : []),
    ...(memory === "memory" ? [`${process}.memory`] : [key.slice(key.lastIndexOf(".") + 1)]),
  ];
  // A removed list element is named by the field that refers to it: "volumeMounts[0].name: Not found".
  const words = candidates.map((name) => normalized(name).replace(/s$/, ""));
  return words.some((word) => word !== "" && normalized(error).includes(word));
};

/** The state of the world at rest, without what differs after two restarts. */
const stateAtRest = (world: World): unknown => {
  const state = endState(world, resourceName) as { objects: JsonObject } & JsonObject;
  const { savepoints: _, objects, ...rest } = state;
  return {
    ...rest,
    objects: Object.fromEntries(
      Object.entries(objects)
        // The records of upgrade savepoints remain.
        .filter(([name]) => !leftoverObjects.has(name) && !name.startsWith("FlinkStateSnapshot "))
        .map(([name, object]) => [name, withoutHistory(object)]),
    ),
  };
};

/**
 * The Service of a cluster without high availability and the ConfigMap of a TaskManager template remain when a later
 * launch does not need them, and are deleted with the resource: nothing reads them, and a check would cost each launch a
 * request. The autoscaler's ConfigMap remains, empty, as the Java operator's.
 */
const leftoverObjects = new Set([
  `Service ${resourceName}`,
  `ConfigMap pod-template-${resourceName}`,
  `ConfigMap autoscaler-${resourceName}`,
]);

const withoutHistory = (object: unknown): unknown => {
  const text = JSON.stringify(object as KubeObject, (key, value) =>
    historyFields.has(key) ? undefined : value,
  );
  return JSON.parse(
    text
      .replaceAll(/(apache\.org\/generation:)\d+/g, "$1<n>")
      .replaceAll(/(?:execution\.savepoint\.path|\$internal\.pipeline\.job-id): [^\\"]*\\n/g, ""),
  );
};

/** Warnings about what a spec says, and no problems: the edit is acted on all the same. */
const noticeReasons: readonly Notice["reason"][] = ["FlinkVersionNotTested", "AutoscalerHasNoEffect"];

const historyFields = new Set([
  "generation",
  "observedGeneration",
  "flinkdeployment.flink.apache.org/generation",
  "savepointInfo",
  "checkpointInfo",
  "upgradeSavepointPath",
  "decisions",
  "run",
  "lastReconciledSpec",
  "lastStableSpec",
  "reconciliationTimestamp",
]);
