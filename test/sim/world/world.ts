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
  /** The watch faults of one process. */
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

/** The time at which every run starts. */
export const startOfTime = Date.parse("2026-01-01T00:00:00Z");

export const namespace = "default";

/** A Kubernetes cluster with Flink clusters, without the operator. */
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
  /** The behaviour of jobs that start from now on. */
  program: Program = unboundedProgram;
  /** Added to the operator's configuration; replaced as a whole where it changes. */
  operatorDefaults: Readonly<Record<string, string>> = {};
  /** The same, where it depends on the job's configuration. */
  programOf: Programs = () => this.program;
  /** The URIs of jars that do not exist. */
  readonly missingJars = new Set<string>();
  /** The error for a fetch of this jar; undefined: the fetch succeeds. */
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
    // The pods have credentials of their own.
    this.podFailures.jarError = (uri) => {
      const error = this.jarError(uri);
      return error?.code === "denied" ? undefined : error?.message;
    };
    this.server.createNamespace(namespace);
    startGarbageCollector(this.server, 150);
    startDeploymentController(this.server, random.fork("pods"), this.podFailures);
    this.kubelet = new Kubelet(this.server, this.flink.launch, this.podFailures, {
      scheduleMs: 80,
      pullMs: 400,
      probeMs: 1_000,
    });
  }

  /** The API server's client of one process. */
  kubeFor(caller: Caller): SimulatedKubeApi {
    const watchBehavior = { ...defaultWatchBehavior, ...this.#options.watchBehavior?.(caller.actor) };
    return new SimulatedKubeApi(this.server, this.network, caller, watchBehavior, (pod) =>
      jobManagerLogs(this.journal, pod),
    );
  }

  /** The REST client of one process for all JobManagers. */
  flinkFor(caller: Caller): SimulatedFlinkRest {
    return new SimulatedFlinkRest(this.server, this.flink.jobManagers, this.network, caller);
  }

  /** The jar client of one process. */
  artifactsFor(caller: Caller): Artifacts {
    return {
      open: (uri) =>
        new Promise((resolve, reject) => {
          const name = uri.slice(uri.lastIndexOf("/") + 1);
          const jar = { name, size: 2, body: oneChunk, close: () => Promise.resolve() };
          caller.clock.after(40, () => {
            const error = this.jarError(uri);
            if (error !== undefined) return reject(error);
            this.journal.add({ event: "jar-fetched", actor: caller.actor, uri });
            resolve(jar);
          });
        }),
      close: () => Promise.resolve(),
    };
  }

  /** Lets time pass until the promise settles. */
  async run<T>(work: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let settled = false;
    const done = work.finally(() => {
      settled = true;
    });
    // The error is handled where `done` is awaited below; this avoids an unhandled rejection until then.
    done.catch(() => {});
    const inTime = await this.clock.runUntil(() => settled, this.clock.now() + limitMs);
    if (!inTime) throw new Error(`not done after ${limitMs / 1000} s of virtual time`);
    return done;
  }

  /** Lets time pass until the condition holds. */
  async until(what: string, holds: () => boolean, limitMs = 600_000): Promise<void> {
    const inTime = await this.clock.runUntil(holds, this.clock.now() + limitMs);
    if (!inTime) throw new Error(`timed out after ${limitMs / 1000} s of virtual time: ${what}`);
  }

  /** A client that never crashes: a test, or the scenario's user. */
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
