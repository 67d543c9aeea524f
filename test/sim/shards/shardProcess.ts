import { createShardNamespaces } from "../../../src/controllers/shardNamespaces.ts";
import type { KubeApi } from "../../../src/kube/api.ts";
import { createShardElector, type ShardElector } from "../../../src/runtime/leaderElection/shardElector.ts";
import { OperatorProcess } from "../operatorProcess.ts";
import { ProcessClock } from "../world/clock.ts";
import { seededRandom } from "../world/random.ts";
import { startOfTime, type World } from "../world/world.ts";

/** The namespace of the leases. */
export const leaseNamespace = "ops";
const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const oneWayMs = 3;

export interface ShardProcessOptions {
  readonly world: World;
  /** A number of its own: the actor of its writes is `operator#NUMBER`. */
  readonly number: number;
  readonly identity: string;
  readonly shards: number;
  readonly seed: number;
  /** Called when it has crashed, or has ended since it lost a lease. */
  onEnd(how: "crashed" | "lost"): void;
}

/** One process of several: leader election and, once it holds a shard, the operator. As in src/cmd/operator.ts. */
export class ShardProcess {
  readonly number: number;
  readonly shards: number;
  readonly elector: ShardElector;
  /** The shard that it has begun to act for. */
  shard: number | undefined;
  operator: OperatorProcess | undefined;
  readonly #clock: ProcessClock;
  /** What reaches leader election while that stands still. */
  #held: (() => void)[] | undefined;

  constructor({ world, number, identity, shards, seed, onEnd }: ShardProcessOptions) {
    this.number = number;
    this.shards = shards;
    this.#clock = new ProcessClock(world.clock);
    const random = seededRandom(seed).fork(`elector#${number}`);
    const namespaces = createShardNamespaces(shards);
    const clock = {
      now: () => world.clock.now(),
      after: (ms: number, run: () => void) => this.#after(ms, run),
    };
    this.elector = createShardElector({
      api: this.#leases(world),
      namespace: leaseNamespace,
      name: "lease",
      shards,
      identity,
      timing,
      clock,
      monotonicNow: () => world.clock.now() - startOfTime,
      onLeading: (shard) => {
        namespaces.begin(shard);
        this.shard = shard;
        const elected = { owns: namespaces.owns, mayAct: () => this.elector.isLeading() };
        const onCrash = () => {
          this.#clock.kill();
          onEnd("crashed");
        };
        this.operator = new OperatorProcess(world, number, seed, onCrash, elected);
      },
      onLost: () => {
        this.kill();
        onEnd("lost");
      },
      onError: () => {},
      random: () => random.next(),
    });
    void this.elector.run(new AbortController().signal);
  }

  get actor(): string {
    return `operator#${this.number}`;
  }

  /** The pod is killed. */
  kill(): void {
    this.#clock.kill();
    this.operator?.clock.kill();
  }

  /** Leader election stands still, so that the lease goes stale, and the operator goes on. */
  holdElection(): void {
    this.#held ??= [];
  }

  /** Leader election goes on with all that has become due. */
  releaseElection(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const run of held) run();
  }

  #after(ms: number, run: () => void): () => void {
    let cancelled = false;
    const cancel = this.#clock.after(ms, () => {
      const due = () => cancelled || run();
      if (this.#held === undefined) due();
      else this.#held.push(due);
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Leases are no part of the plans: their writes are not counted, and meet no fault but those above. */
  #leases({ server }: World): Pick<KubeApi, "get" | "create" | "mergePatch"> {
    const actor = `elector#${this.number}`;
    const ask = <Answer>(act: () => Answer): Promise<Answer> =>
      new Promise((resolve, reject) => {
        this.#after(oneWayMs, () => {
          let settle: () => void;
          try {
            const answer = act();
            settle = () => resolve(answer);
          } catch (error) {
            settle = () => reject(error);
          }
          this.#after(oneWayMs, settle);
        });
      });
    return {
      get: (type, namespace, name) => ask(() => server.get(type, namespace, name)),
      create: (type, object) => ask(() => server.create(actor, type, object)),
      mergePatch: (type, namespace, name, patch) =>
        ask(() => server.mergePatch(actor, type, namespace, name, patch)),
    };
  }
}
