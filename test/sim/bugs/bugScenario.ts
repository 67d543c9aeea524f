import { expect } from "vitest";
import { type KubeObject, resourceTypes } from "../../../src/api/kubernetes.ts";
import { OperatorProcess } from "../operatorProcess.ts";
import { checkInvariants } from "../oracles.ts";
import { type Scenario, type Step, View } from "../scenario.ts";
import { resourceName } from "../workloads/resource.ts";
import { healthyWithoutHa } from "../workloads/steps.ts";
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

/** Replays a bug report, step by step: one resource and the operator in a world of their own. */
export class BugScenario {
  readonly world: World;
  readonly view: View;
  readonly #steps: Step[] = [];
  readonly #operators: OperatorProcess[] = [];

  constructor({ faults, watchLagMs }: BugScenarioOptions = {}) {
    this.world = new World({
      seed: 1,
      ...(faults === undefined ? {} : { faults }),
      ...(watchLagMs === undefined ? {} : { watchBehavior: () => ({ lagMs: () => watchLagMs }) }),
    });
    this.view = new View(this.world, resourceName);
    this.#startOperator();
  }

  /** Runs each step, and waits for its condition. */
  async play(...steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#steps.push(step);
      this.world.journal.add({ event: "step", note: step.name });
      step.act?.(this.world);
      const { until } = step;
      if (until !== undefined) await this.world.until(step.name, () => until(this.view), stepLimitMs);
      await this.world.clock.runFor(step.thenWaitMs ?? 0);
    }
  }

  /** The number of journal entries that match. */
  count(matches: (entry: JournalEntry) => boolean): number {
    return this.world.journal.entries.filter(matches).length;
  }

  get starts(): number {
    return this.count(({ event }) => event === "job-started");
  }

  /** Stops with a savepoint that Flink started; a repeated request starts none. */
  get stops(): number {
    return this.count((entry) => entry.event === "savepoint-requested" && entry.stop && !entry.repeated);
  }

  get error(): string {
    return this.view.status?.error ?? "";
  }

  /** The Warnings about the resource, with their counts, as `kubectl get events` lists them. */
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

  /** The ConfigMaps with Flink's high-availability metadata. */
  get haConfigMaps(): KubeObject[] {
    return this.world.server
      .list(resourceTypes.configMap, { namespace })
      .filter(({ metadata }) => metadata.name.endsWith("-config-map"));
  }

  /** Checks what must hold in every run, such as: never from older state, one job at a time, snapshots are kept. */
  expectInvariantsHold(scenario: Partial<Scenario> = {}): void {
    const violations = checkInvariants(
      this.world,
      { name: "bug", ...healthyWithoutHa, steps: this.#steps, healthy: false, ...scenario },
      {
        disturbance: "delay",
        passes: this.#operators.flatMap(({ passes }) => passes),
        converged: true,
        retained: {},
      },
    );
    expect(violations).toEqual([]);
  }

  #startOperator(): void {
    const restart = () => this.world.clock.after(restartMs, () => this.#startOperator());
    this.#operators.push(new OperatorProcess(this.world, this.#operators.length + 1, 1, restart));
  }
}

const kindOf = (reference: unknown): unknown => (reference as { kind?: unknown } | undefined)?.kind;
