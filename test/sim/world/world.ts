import { ArtifactError, type Artifacts } from "../../../src/flink/artifacts/api.ts";
import { VirtualClock } from "./clock.ts";
import { FlinkProcesses } from "./flink/cluster.ts";
import { jobManagerLogs } from "./flink/log.ts";
import { type Program, type Programs, unboundedProgram } from "./flink/program.ts";
import { SimulatedFlinkRest } from "./flink/rest.ts";
import { Storage } from "./flink/storage.ts";
import { type Actor, Journal } from "./journal.ts";
import { SimulatedKubeApi } from "./kubernetes/client.ts";
import { startDeploymentController } from "./kubernetes/deployments.ts";
import { startGarbageCollector } from "./kubernetes/garbageCollector.ts";
import { Kubelet } from "./kubernetes/kubelet.ts";
import { PodFailures } from "./kubernetes/podFailures.ts";
import { ApiServer } from "./kubernetes/server.ts";
import { Store } from "./kubernetes/store.ts";
import type { WatchBehavior } from "./kubernetes/watch.ts";
import { type Caller, type FaultPlan, Network } from "./network.ts";
import { seededRandom } from "./random.ts";

export interface WorldOptions {
  seed: number;
  faults?: FaultPlan;
  /** How watches fare on their way to one process. */
  watchBehavior?: (actor: Actor) => Partial<WatchBehavior>;
}

const defaultWatchBehavior: WatchBehavior = {
  lagMs: () => 15,
  skips: () => false,
  staleView: () => undefined,
  isDown: () => false,
  onEvent: () => {},
};

const oneChunk: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {
    yield Uint8Array.from([0x50, 0x4b]);
  },
};

/** The beginning of every run. */
export const startOfTime = Date.parse("2026-01-01T00:00:00Z");

export const namespace = "default";

/** A Kubernetes cluster with Flink's clusters in it, and nothing of the operator. */
export class World {
  readonly clock = new VirtualClock(startOfTime);
  readonly journal = new Journal(this.clock);
  readonly store = new Store();
  readonly storage = new Storage(this.journal);
  readonly podFailures = new PodFailures();
  readonly server: ApiServer;
  readonly network: Network;
  readonly flink: FlinkProcesses;
  readonly kubelet: Kubelet;
  /** How jobs behave that start from now on. */
  program: Program = unboundedProgram;
  /** The same, where it depends on what the job is started with. */
  programOf: Programs = () => this.program;
  /** Where there is no jar. */
  readonly missingJars = new Set<string>();
  /** Why the jar of a URI is not given. */
  jarError: (uri: string) => ArtifactError | undefined = (uri) =>
    this.missingJars.has(uri)
      ? new ArtifactError("not-found", `spec.job.jarURI ${uri}: HTTP 404`)
      : undefined;
  readonly #options: WorldOptions;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { clock, journal, store, storage } = this;
    const random = seededRandom(options.seed);
    this.server = new ApiServer({ store, clock, journal, random: random.fork("kubernetes") });
    this.network = new Network(journal, options.faults ?? (() => undefined));
    this.flink = new FlinkProcesses({
      server: this.server,
      storage,
      journal,
      random: random.fork("flink"),
      programs: (configuration) => this.programOf(configuration),
      times: { bootMs: 4_000, terminateMs: 1_200 },
    });
    this.server.createNamespace(namespace);
    startGarbageCollector(this.server, 150);
    startDeploymentController(this.server, random.fork("pods"), this.podFailures);
    this.kubelet = new Kubelet(this.server, this.flink.launch, this.podFailures, {
      scheduleMs: 80,
      pullMs: 400,
      probeMs: 1_000,
    });
  }

  /** The API server, as one process reaches it. */
  kubeFor(caller: Caller): SimulatedKubeApi {
    const watchBehavior = { ...defaultWatchBehavior, ...this.#options.watchBehavior?.(caller.actor) };
    return new SimulatedKubeApi(this.server, this.network, caller, watchBehavior, (pod) =>
      jobManagerLogs(this.journal, pod),
    );
  }

  /** The JobManagers, as one process reaches them. */
  flinkFor(caller: Caller): SimulatedFlinkRest {
    return new SimulatedFlinkRest(this.server, this.flink.jobManagers, this.network, caller);
  }

  /** Where one process fetches jars. */
  artifactsFor(caller: Caller): Artifacts {
    return {
      open: (uri) =>
        new Promise((resolve, reject) => {
          const name = uri.slice(uri.lastIndexOf("/") + 1);
          const jar = { name, size: 2, body: oneChunk, close: () => Promise.resolve() };
          caller.clock.after(40, () => {
            const refusal = this.jarError(uri);
            if (refusal !== undefined) return reject(refusal);
            this.journal.add({ event: "jar-fetched", actor: caller.actor, uri });
            resolve(jar);
          });
        }),
      close: () => Promise.resolve(),
    };
  }

  /** Lets time pass until the work is done: it may wait for whatever happens in this world. */
  async run<T>(work: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let settled = false;
    const done = work.finally(() => {
      settled = true;
    });
    // Whoever awaits `done` below sees the error; until then nobody does.
    done.catch(() => {});
    const inTime = await this.clock.runUntil(() => settled, this.clock.now() + limitMs);
    if (!inTime) throw new Error(`not done after ${limitMs / 1000} s of virtual time`);
    return done;
  }

  /** Lets time pass until the condition holds. */
  async until(what: string, holds: () => boolean, limitMs = 600_000): Promise<void> {
    const inTime = await this.clock.runUntil(holds, this.clock.now() + limitMs);
    if (!inTime) throw new Error(`waited ${limitMs / 1000} s of virtual time in vain: ${what}`);
  }

  /** The clients of somebody who never crashes: a test, or the scenario's user. */
  caller(actor: string): Caller {
    return {
      actor,
      clock: this.clock,
      crash: () => {
        throw new Error(`${actor} cannot crash`);
      },
    };
  }
}
