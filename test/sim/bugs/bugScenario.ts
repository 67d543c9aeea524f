import { expect } from "vitest";
import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { OperatorProcess } from "../operatorProcess.ts";
import { checkInvariants } from "../oracles.ts";
import { type Scenario, type Step, View } from "../scenario.ts";
import { resourceName } from "../workloads/resource.ts";
import { mortal } from "../workloads/steps.ts";
import type { JournalEntry } from "../world/journal.ts";
import type { FaultPlan } from "../world/network.ts";
import { namespace, World } from "../world/world.ts";

export interface BugScenarioOptions {
  readonly faults?: FaultPlan;
  /** Milliseconds from a change to its watch event. */
  readonly watchLagMs?: number;
}

const stepLimitMs = 20 * 60_000;
const restartMs = 2_000;

/** One resource and the operator in a world of their own: what a bug report tells, step by step. */
export class BugScenario {
  readonly world: World;
  readonly view: View;
  readonly #steps: Step[] = [];
  #incarnations = 0;

  constructor({ faults, watchLagMs }: BugScenarioOptions = {}) {
    this.world = new World({
      seed: 1,
      ...(faults === undefined ? {} : { faults }),
      ...(watchLagMs === undefined ? {} : { watchPath: () => ({ lagMs: () => watchLagMs }) }),
    });
    this.view = new View(this.world, resourceName);
    this.#startOperator();
  }

  /** Each step with what its user waits for. */
  async tell(...steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#steps.push(step);
      this.world.journal.add({ event: "step", note: step.name });
      step.act?.(this.world);
      const { until } = step;
      if (until !== undefined) await this.world.until(step.name, () => until(this.view), stepLimitMs);
      await this.world.clock.runFor(step.thenWaitMs ?? 0);
    }
  }

  /** How often something happened. */
  count(holds: (entry: JournalEntry) => boolean): number {
    return this.world.journal.entries.filter(holds).length;
  }

  get starts(): number {
    return this.count(({ event }) => event === "job-started");
  }

  /** Stops with a savepoint that Flink began: the same request sent again is none. */
  get stops(): number {
    return this.count((entry) => entry.event === "savepoint-requested" && entry.stop && !entry.repeated);
  }

  get error(): string {
    return this.view.status?.error ?? "";
  }

  /** The Warnings about the resource, as `kubectl get events` lists them: with how often each was told. */
  get warnings(): { reason: string; count: number }[] {
    return this.world.server
      .list(resourceTypes.event, { namespace })
      .filter(
        ({ type, involvedObject }) => type === "Warning" && kindOf(involvedObject) === "FlinkDeployment",
      )
      .map(({ reason, count }) => ({ reason: String(reason), count: Number(count) }));
  }

  get deployment(): KubeObject | undefined {
    return this.world.server.find(resourceTypes.deployment, namespace, resourceName);
  }

  /** The ConfigMaps of Flink's high availability. */
  get haConfigMaps(): KubeObject[] {
    return this.world.server
      .list(resourceTypes.configMap, { namespace })
      .filter(({ metadata }) => metadata.name.endsWith("-config-map"));
  }

  /** What holds in every run: the state never older, one job at a time, no snapshot deleted. */
  expectPromisesKept(scenario: Partial<Scenario> = {}): void {
    const broken = checkInvariants(this.world, {
      name: "bug",
      ...mortal,
      steps: this.#steps,
      healthy: false,
      ...scenario,
    });
    expect(broken).toEqual([]);
  }

  #startOperator(): void {
    this.#incarnations++;
    const restart = () => this.world.clock.after(restartMs, () => this.#startOperator());
    new OperatorProcess(this.world, this.#incarnations, 1, restart);
  }
}

const kindOf = (about: unknown): unknown => (about as { kind?: unknown } | undefined)?.kind;
