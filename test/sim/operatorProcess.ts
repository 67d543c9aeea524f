import { type FlinkConfig, flinkConfig } from "../../src/config/flinkConfig.ts";
import { createOperator, type Operator } from "../../src/controllers/operator.ts";
import type { PassRecorder } from "../../src/controllers/recording/passRecorder.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { withPermissions } from "./permissions.ts";
import { ProcessClock } from "./world/clock.ts";
import type { Caller } from "./world/network.ts";
import { seededRandom } from "./world/random.ts";
import { startOfTime, type World } from "./world/world.ts";

/** The chart's values. */
export const operatorConfiguration = flinkConfig({
  "kubernetes.operator.reconcile.interval": "15 s",
  "kubernetes.operator.observer.progress-check.interval": "5 s",
  "kubernetes.operator.user.artifacts.fetcher.image": "flink-operator",
});

const changed = new WeakMap<object, FlinkConfig>();

/** The operator's configuration in a world. The same one, as long as nobody changes it. */
export const operatorConfigurationOf = ({ operatorDefaults }: World): FlinkConfig => {
  const known = changed.get(operatorDefaults) ?? operatorConfiguration.with(operatorDefaults);
  changed.set(operatorDefaults, known);
  return known;
};

/** The simulated Flink asks only whether the jar is there. */
export const sqlRunner = "UEsFBg==";

/** One reconcile of a resource, which has ended. */
export interface Pass {
  at: number;
  kind: string;
  name: string;
}

/** What leader election says to an operator. */
export interface Elected {
  mayAct(): boolean;
  owns(namespace: string): boolean;
}

/** As an object of functions, which the fence of an operator that is elected takes apart. */
function withOwnMethods<T extends object>(instance: T): T {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(instance)) as (keyof T & string)[];
  const methods = names.filter((name) => name !== "constructor" && typeof instance[name] === "function");
  return Object.fromEntries(
    methods.map((name) => [name, (instance[name] as (...args: unknown[]) => unknown).bind(instance)]),
  ) as T;
}

const nameOf = (incarnation: number): string => `operator#${incarnation}`;

export const firstIncarnation = nameOf(1);

/** One incarnation of the real operator in the simulated world. It never shuts down: it is killed, or the run ends. */
export class OperatorProcess implements Caller {
  readonly actor: string;
  readonly clock: ProcessClock;
  readonly log: string[] = [];
  /** The reconciles so far. */
  readonly passes: Pass[] = [];
  readonly #operator: Operator;
  readonly #world: World;
  readonly #onCrash: () => void;

  /** `elected`: absent where it is the only one. `recorder`: keeps its passes. */
  constructor(
    world: World,
    incarnation: number,
    seed: number,
    onCrash: () => void,
    elected?: Elected,
    recorder?: PassRecorder,
  ) {
    this.actor = nameOf(incarnation);
    this.clock = new ProcessClock(world.clock);
    this.#world = world;
    this.#onCrash = onCrash;
    const random = seededRandom(seed).fork(this.actor);
    const destination = { write: (line: string) => this.#addLogLine(line) };
    this.#operator = createOperator({
      kube: withPermissions(world.kubeFor(this)),
      flink: withOwnMethods(world.flinkFor(this)),
      artifacts: world.artifactsFor(this),
      clock: this.clock,
      log: createLogger({ level: "warn", destination }),
      ...elected,
      passes: recorder,
      sqlRunner,
      gate: sqlRunner,
      config: () => operatorConfigurationOf(world),
      restAccess: "pod",
      random: () => random.next(),
      onReconcile: ({ key }, kind) => {
        this.passes.push({ at: this.clock.now(), kind, name: key.slice(key.indexOf("/") + 1) });
      },
    });
    world.journal.add({ event: "operator-started", actor: this.actor });
    this.#operator.start();
  }

  /** How many entries its parts keep for resources, by part, without those that keep none. */
  retained(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.#operator.retained()).filter(([, size]) => size > 0));
  }

  crash(reason: string): void {
    this.clock.kill();
    this.#world.journal.add({ event: "operator-crashed", actor: this.actor, note: reason });
    this.#onCrash();
  }

  #addLogLine(line: string): void {
    const { time: _time, ...fields } = JSON.parse(line) as Record<string, unknown>;
    const at = ((this.#world.clock.now() - startOfTime) / 1000).toFixed(3);
    this.log.push(`${at.padStart(15)}s ${this.actor} ${JSON.stringify(fields)}`);
  }
}
