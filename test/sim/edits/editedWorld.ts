import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { diffSpec } from "../../../src/core/diff/diff.ts";
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

/** What became of one edit and of taking it back. */
export interface Verdict {
  readonly outcome: "applied" | "refused by the API server" | "refused by the operator";
  /** The job was started anew, or would have been. */
  readonly restarted: boolean;
  readonly error: string | undefined;
  /** What should not have been; empty: all is well. */
  readonly faults: readonly string[];
}

const isAboutResource = (event: KubeObject): boolean =>
  textAt(event, "involvedObject", "kind") === "FlinkDeployment";

const patienceMs = 5 * 60_000;
/** A refusal that holds so long, with the job as it was, is one. */
const refusalMs = 10_000;
/** As often as that the back-off tries again in this time. */
const mostDryRuns = 30;
const manyEvents = 12;
const eventIntervalMs = 30_000;
/** Between two edits: long enough for a checkpoint. */
const restMs = 4_000;

/** One world with the operator and the running baseline; edits are made in it one after the other. */
export class EditedWorld {
  readonly world = new World({ seed: 1 });
  readonly view = new View(this.world, resourceName);
  readonly operator: OperatorProcess;
  readonly #spec: JsonObject;
  #before: unknown;
  #rested = 0;

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
    await world.clock.runFor(restMs);
    edited.#before = restingState(world);
    return edited;
  }

  async play(edit: Edit): Promise<Verdict> {
    const { world, view } = this;
    const next = applyEdit(this.#spec, edit);
    // One that changes nothing in this baseline is one that was applied before.
    if (next === undefined) return { outcome: "applied", restarted: false, error: undefined, faults: [] };
    await this.#restFromEvents();
    const since = this.#now();
    const refusal = this.#write(this.#spec, next);
    if (refusal !== undefined) return refusedByServer(refusal, edit, this.#promisesBroken(since));
    const wouldRestart = !["IGNORE", "APPLY"].includes(diffSpec(this.#spec, next).type);
    await world.clock.runUntil(() => isApplied(view) || isRefused(view), world.clock.now() + patienceMs);
    const verdict = isRefused(view)
      ? await this.#refused(edit, since, wouldRestart)
      : this.#applied(edit, since, wouldRestart);
    const back = await this.#takeBack(next);
    return { ...verdict, faults: [...verdict.faults, ...back, ...this.#promisesBroken(since)] };
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

  /** What a user's client does; the refusal's text where the API server does not take it. */
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

  #applied(edit: Edit, since: Since, wouldRestart: boolean): Verdict {
    const { view } = this;
    const restarted = this.#deploymentUid() !== since.deployment;
    const stuck = isApplied(view) ? [] : [`neither applied nor refused: ${describe(view)}`];
    const suspended = view.status?.lifecycleState === "SUSPENDED";
    const elsewhere = stuck.length > 0 || suspended ? [] : differencesFromBuilt(view);
    return {
      outcome: "applied",
      restarted,
      error: undefined,
      faults: [
        ...stuck,
        ...(edit.kind === "wrong type" && !isFreeForm(edit) ? ["a value of another type was taken"] : []),
        ...(restarted && !wouldRestart ? ["restarted for a change that needs none"] : []),
        // A change that Flink does not see yet is one of those that wait for the next restart.
        ...(restarted || wouldRestart ? elsewhere : []),
        ...this.#problems(since),
      ],
    };
  }

  async #refused(edit: Edit, since: Since, wouldRestart: boolean): Promise<Verdict> {
    const { view, world } = this;
    await world.clock.runFor(refusalMs);
    const error = messageOf(view.status?.error);
    const warnings = this.#warnings(since);
    const asked = world.journal.entries
      .slice(since.journal)
      .filter(({ event }) => event === "dry-run").length;
    const untouched = this.#deploymentUid() === since.deployment && view.job?.working === true;
    return {
      outcome: "refused by the operator",
      restarted: wouldRestart,
      error,
      faults: [
        ...(error !== undefined ? [] : ["the refusal went away by itself"]),
        ...(error === undefined || names(error, edit) ? [] : [`the error does not name the field: ${error}`]),
        ...(asked <= mostDryRuns ? [] : [`the API server was asked for ${asked} dry runs`]),
        ...(warnings.length === 1 || (warnings.length === 0 && this.#toldBefore(since))
          ? []
          : [`${warnings.length} Warnings: ${warnings.join(" | ")}`]),
        ...(untouched ? [] : ["the job was touched"]),
        ...(view.status?.jobStatus?.state === "RUNNING"
          ? []
          : [`the job is ${view.status?.jobStatus?.state}`]),
      ],
    };
  }

  async #takeBack(from: JsonObject): Promise<string[]> {
    const { world, view } = this;
    const since = this.#now();
    const refusal = this.#write(from, this.#spec);
    if (refusal !== undefined) return [`cannot be taken back: ${refusal}`];
    const returned = await world.clock.runUntil(() => isApplied(view), world.clock.now() + patienceMs);
    if (!returned) return [`taken back, it does not return: ${describe(view)}`];
    await world.clock.runFor(restMs);
    return [
      ...differences(this.#before, restingState(world)).map((line) => `not as before: ${line}`),
      ...this.#problems(since).map((what) => `taking back: ${what}`),
    ];
  }

  /** What a change that goes well never shows. */
  #problems(since: Since): string[] {
    const errors = this.world.store.history.slice(since.history).flatMap(({ type: of, object }) => {
      const error = sameType(of, type) ? messageOf(textAt(object, "status", "error")) : undefined;
      return error === undefined ? [] : [error];
    });
    // The error of a refused edit stands until the operator has seen that it was taken back.
    const fresh = errors.filter((error, at) => at > 0 && error !== errors[0]);
    return [...this.#warnings(since), ...fresh].map((what) => `problem on the way: ${what}`);
  }

  #warnings(since: Since): string[] {
    return this.world.store.history
      .slice(since.history)
      .flatMap(({ type: of, object }) =>
        sameType(of, resourceTypes.event) && object.type === "Warning" && object.reason !== "Unhealthy"
          ? [`${object.reason}: ${String(object.message)}`]
          : [],
      );
  }

  /** What has been told a moment ago in the same words is not told again. */
  #toldBefore(since: Since): boolean {
    const error = messageOf(this.view.status?.error) ?? "";
    return this.world.store.history
      .slice(0, since.history)
      .some(({ type: of, object }) => sameType(of, resourceTypes.event) && object.message === error);
  }

  /** The operator tells no more of one resource than anybody reads: lets so much time pass that it may speak again. */
  async #restFromEvents(): Promise<void> {
    const { store, clock } = this.world;
    const events = store.history
      .slice(this.#rested)
      .filter(({ type: of, object }) => sameType(of, resourceTypes.event) && isAboutResource(object)).length;
    if (events < manyEvents) return;
    await clock.runFor(events * eventIntervalMs);
    this.#rested = store.history.length;
  }

  #promisesBroken(since: Since): string[] {
    return checkInvariants(this.world, scenario)
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

/** That a Warning may show is judged edit by edit. */
const scenario: Scenario = {
  name: "edits",
  steps: [],
  stateful: true,
  highlyAvailable: true,
  healthy: false,
};

/** Of Flink's configuration nobody knows all types, and an empty list is as good as nothing wherever it stands. */
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

const refusedByServer = (error: string, edit: Edit, broken: readonly string[]): Verdict => ({
  outcome: "refused by the API server",
  restarted: false,
  error,
  faults: [...(names(error, edit) ? [] : [`the refusal does not name the field: ${error}`]), ...broken],
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

/** What every path has. */
const everywhere = new Set(["spec", "metadata", "podTemplate", "flinkConfiguration"]);

const plainly = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");

/**
 * The edited field, where that is told by what it is a part of, by what was put inside of it, or, of a configuration, by
 * what the key is about.
 */
const names = (error: string, { path, value }: Edit): boolean => {
  const fields = path.filter((step) => typeof step === "string");
  const telling = fields.filter((field) => !everywhere.has(field));
  const key = path[0] === "flinkConfiguration" ? (telling.at(-1) ?? "") : "";
  const [process = "", memory = ""] = key.split(".");
  const about = [
    ...(telling.length > 0 ? telling.slice(-4) : fields),
    ...(isObject(value) ? Object.keys(value) : []),
    ...(memory === "memory" ? [`${process}.memory`] : [key.slice(key.lastIndexOf(".") + 1)]),
  ];
  // What a list no longer has is told by the one that misses it: "volumeMounts[0].name: Not found".
  const words = about.map((name) => plainly(name).replace(/s$/, ""));
  return words.some((word) => word !== "" && plainly(error).includes(word));
};

/** The whole world at rest, without what differs after a restart and back. */
const restingState = (world: World): unknown => {
  const state = endState(world, resourceName) as { objects: JsonObject } & JsonObject;
  const { savepoints: _, objects, ...rest } = state;
  return {
    ...rest,
    objects: Object.fromEntries(
      Object.entries(objects)
        // What an upgrade was taken from stays told.
        .filter(([name]) => !leftBehind.has(name) && !name.startsWith("FlinkStateSnapshot "))
        .map(([name, object]) => [name, withoutHistory(object)]),
    ),
  };
};

/**
 * The Service of a cluster without high availability and the template of TaskManagers that have one stay when a later
 * launch has no use for them, and go with the resource: nothing reads them, and to look for them would cost each launch
 * a request.
 */
const leftBehind = new Set([`Service ${resourceName}`, `ConfigMap pod-template-${resourceName}`]);

const withoutHistory = (object: unknown): unknown => {
  const text = JSON.stringify(object as KubeObject, (key, value) =>
    historical.has(key) ? undefined : value,
  );
  return JSON.parse(
    text
      .replaceAll(/(apache\.org\/generation:)\d+/g, "$1<n>")
      .replaceAll(/(?:execution\.savepoint\.path|\$internal\.pipeline\.job-id): [^\\"]*\\n/g, ""),
  );
};

const historical = new Set([
  "generation",
  "observedGeneration",
  "flinkdeployment.flink.apache.org/generation",
  "savepointInfo",
  "upgradeSavepointPath",
  "decisions",
  "lastReconciledSpec",
  "lastStableSpec",
  "reconciliationTimestamp",
]);
