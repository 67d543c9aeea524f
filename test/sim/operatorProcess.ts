import { flinkConfig } from "../../src/config/flinkConfig.ts";
import { createOperator } from "../../src/controllers/operator.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { withRights } from "./permissions.ts";
import { ProcessClock } from "./world/clock.ts";
import type { Caller } from "./world/network.ts";
import { seededRandom } from "./world/random.ts";
import { startOfTime, type World } from "./world/world.ts";

/** As the chart sets them. */
export const operatorConfiguration = flinkConfig({
  "kubernetes.operator.reconcile.interval": "15 s",
  "kubernetes.operator.observer.progress-check.interval": "5 s",
});

const nameOf = (incarnation: number): string => `operator#${incarnation}`;

export const firstIncarnation = nameOf(1);

/** One incarnation of the real operator in the simulated world. It never ends in order: it is killed or left behind. */
export class OperatorProcess implements Caller {
  readonly actor: string;
  readonly clock: ProcessClock;
  readonly log: string[] = [];
  /** How often it has looked at the resource and decided. */
  passes = 0;
  readonly #world: World;
  readonly #died: () => void;

  constructor(world: World, incarnation: number, seed: number, died: () => void) {
    this.actor = nameOf(incarnation);
    this.clock = new ProcessClock(world.clock);
    this.#world = world;
    this.#died = died;
    const random = seededRandom(seed).fork(this.actor);
    const destination = { write: (line: string) => this.#keep(line) };
    const operator = createOperator({
      kube: withRights(world.kubeFor(this)),
      flink: world.flinkFor(this),
      artifacts: world.artifactsFor(this),
      clock: this.clock,
      log: createLogger({ level: "warn", destination }),
      config: () => operatorConfiguration,
      restAccess: "pod",
      random: () => random.next(),
      onReconcile: () => {
        this.passes++;
      },
    });
    world.journal.add({ event: "operator-started", actor: this.actor });
    operator.start();
  }

  crash(why: string): void {
    this.clock.kill();
    this.#world.journal.add({ event: "operator-crashed", actor: this.actor, note: why });
    this.#died();
  }

  #keep(line: string): void {
    const { time: _time, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const at = ((this.#world.clock.now() - startOfTime) / 1000).toFixed(3);
    this.log.push(`${at.padStart(15)}s ${this.actor} ${JSON.stringify(fields)}`);
  }
}
