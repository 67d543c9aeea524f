import type { KubeObject } from "../../../src/api/kubernetes.ts";
import type { FlinkDeploymentStatus } from "../../../src/api/v1beta1/flinkdeployment.ts";
import { shardOf } from "../../../src/core/shardOf.ts";
import { isOperatorWrite } from "../steps.ts";
import { resource, type } from "../workloads/resource.ts";
import type { Fault } from "../world/network.ts";
import { World } from "../world/world.ts";
import { leaseNamespace, ShardProcess } from "./shardProcess.ts";

/** Two of one shard of two, and one of the other. */
export const namespaces = ["team-a", "team-b", "team-e"];

/** A resource of each namespace. Its objects, and its cluster, are known by its name. */
const nameIn = (namespace: string): string => `job-of-${namespace}`;

export type ShardFault =
  /** The pod dies at its Nth write of all operators, and a new one stands by a second later. */
  | { kind: "crash-before" | "crash-after"; at: number }
  /** The container dies at that write, and the next one of the same pod begins a second later. */
  | { kind: "container-crash-after"; at: number }
  /**
   * After that write the process does not renew its lease any more, and goes on with everything else. Another takes its shard.
   * After a minute it notices.
   */
  | { kind: "stale-lease"; at: number };

export interface ShardedPlan {
  /** The number of shards of each process. The last is the new one: once one has crashed, the others of an old number end, too. */
  readonly processes: readonly number[];
  readonly fault?: ShardFault;
}

export interface ShardedRun {
  readonly world: World;
  readonly processes: readonly ShardProcess[];
  /** The writes of all operators. */
  readonly writes: number;
  /** How often each of the actions was done for each resource that must not be done twice. */
  readonly actions: Readonly<Record<string, Actions>>;
  /** Whether each resource has come to what its user wants. */
  readonly reached: Readonly<Record<string, boolean>>;
  /** How often a process was refused a write since it has no valid lease. */
  readonly refusals: number;
  /** What went wrong with who acts. */
  readonly violations: readonly string[];
}

export interface Actions {
  readonly deploymentsCreated: number;
  readonly jobsStarted: number;
  readonly stopsWithSavepoint: number;
  readonly savepoints: number;
  /** Of each start: where it goes on from. */
  readonly restoredBy: readonly string[];
}

const seed = 1;
const restartMs = 1_000;
const staleMs = 60_000;
/** How long after a crash the processes of an old number end. */
const rolloutMs = 8_000;
const limitMs = 10 * 60_000;
/** More than any run needs: that of operators that act against each other ends here. */
const maxCalls = 2_000;

/** Applies a resource in each namespace, and changes each when all run. */
export async function runSharded({ processes: numbers, fault }: ShardedPlan): Promise<ShardedRun> {
  let writes = 0;
  let hasFailed = false;
  const processes: ShardProcess[] = [];
  const world = new World({
    seed,
    faults: ({ write, actor }): Fault | undefined => {
      if (write === undefined) return undefined;
      writes = write;
      if (hasFailed || fault?.at !== write) return undefined;
      hasFailed = true;
      if (fault.kind !== "stale-lease") return fault.kind === "crash-before" ? "crash-before" : "crash-after";
      const stale = processes.find((each) => each.actor === actor);
      stale?.holdElection();
      world.clock.after(staleMs, () => stale?.releaseElection());
      return undefined;
    },
  });
  for (const namespace of [...namespaces, leaseNamespace]) world.server.createNamespace(namespace);

  const wanted = numbers.at(-1) ?? 1;
  const endOthers = (): void => {
    for (const each of processes) if (each.shards !== wanted) each.kill();
  };

  function begin(shards: number, identity = `pod-${processes.length + 1}`): void {
    const number = processes.length + 1;
    processes.push(
      new ShardProcess({
        world,
        number,
        identity,
        shards,
        seed,
        onEnd(how) {
          const isSamePod = how === "lost" || fault?.kind === "container-crash-after";
          world.clock.after(rolloutMs, endOthers);
          world.clock.after(restartMs, () => begin(wanted, isSamePod ? identity : undefined));
        },
      }),
    );
  }
  for (const shards of numbers) {
    begin(shards);
    // In this order they come to hold the leases.
    await world.clock.runFor(5_000);
  }

  for (const namespace of namespaces) world.server.create("user", type, resourceIn(namespace));
  const isAt = (edition: string) => () => namespaces.every((each) => isRunning(world, each, edition));
  const exceeds = (): boolean => world.network.kubernetesCalls > maxCalls;
  const pass = (ms: number, isOver: () => boolean = () => false): Promise<boolean> =>
    world.clock.runUntil(() => exceeds() || isOver(), world.clock.now() + ms);
  if (await pass(limitMs, isAt("1"))) {
    await pass(15_000);
    const spec = { job: { args: ["--edition", "2"] } };
    for (const namespace of namespaces)
      world.server.mergePatch("user", type, namespace, nameIn(namespace), { spec });
    await pass(limitMs, isAt("2"));
  }
  // Until a stale process has noticed.
  await pass(staleMs + 30_000);
  return {
    world,
    processes,
    writes,
    actions: Object.fromEntries(namespaces.map((each) => [each, actionsIn(world, each)])),
    reached: Object.fromEntries(namespaces.map((each) => [each, isRunning(world, each, "2")])),
    refusals: processes
      .flatMap(({ operator }) => operator?.log ?? [])
      .filter((line) => line.includes("NotLeading") || line.includes("may not act")).length,
    violations: [
      ...(fault !== undefined && !hasFailed ? ["the fault was not injected"] : []),
      ...(exceeds() ? [`more than ${maxCalls} calls to the API server`] : []),
      ...namespaces.flatMap((each) => checkWriters(world, processes, each)),
    ],
  };
}

function resourceIn(namespace: string): KubeObject {
  const object = resource("savepoint", { highAvailability: true });
  return { ...object, metadata: { name: nameIn(namespace), namespace } };
}

function isRunning(world: World, namespace: string, edition: string): boolean {
  const found = world.server.find(type, namespace, nameIn(namespace));
  const status = found?.status as FlinkDeploymentStatus | undefined;
  const program = startsIn(world, namespace).at(-1)?.program;
  return (
    status?.observedGeneration === found?.metadata.generation &&
    status?.lifecycleState === "STABLE" &&
    status.jobStatus?.state === "RUNNING" &&
    program?.includes(`--edition;${edition}`) === true
  );
}

const startsIn = ({ journal }: World, namespace: string) =>
  journal.of("job-started").filter(({ cluster }) => cluster === nameIn(namespace));

function actionsIn(world: World, namespace: string): Actions {
  const { journal } = world;
  const starts = startsIn(world, namespace);
  const isOfIt = ({ jobId }: { jobId: string }): boolean => starts.some((each) => each.jobId === jobId);
  const created = journal.entries
    .filter(isOperatorWrite)
    .filter(({ kind, verb, outcome }) => kind === "Deployment" && verb === "create" && outcome === "ok")
    .filter(({ name }) => name.startsWith(nameIn(namespace)));
  return {
    deploymentsCreated: created.length,
    jobsStarted: starts.length,
    stopsWithSavepoint: journal
      .of("savepoint-requested")
      .filter((each) => isOfIt(each) && each.stop && !each.repeated).length,
    savepoints: journal.of("savepoint-completed").filter(isOfIt).length,
    restoredBy: starts.map(({ restored }) => restored.by),
  };
}

/** Only who has the shard of a namespace writes there, and not after its successor has begun to. */
function checkWriters(world: World, processes: readonly ShardProcess[], namespace: string): string[] {
  const writes = world.journal.entries
    .filter(isOperatorWrite)
    .filter(({ name }) => name.includes(nameIn(namespace)));
  const writers = [...new Set(writes.map(({ actor }) => actor))];
  const foreign = processes
    .filter(({ actor, shard, shards }) => writers.includes(actor) && shard !== shardOf(namespace, shards))
    .map(({ actor, shard }) => `${actor} of shard ${shard} writes in ${namespace}`);
  const before = new Set<string>();
  const alternating: string[] = [];
  for (const [index, { actor, verb, kind, at }] of writes.entries()) {
    const previous = writes[index - 1]?.actor;
    if (previous !== undefined && previous !== actor) before.add(previous);
    if (before.has(actor))
      alternating.push(`${actor} still writes in ${namespace} after its successor: ${verb} ${kind} at ${at}`);
  }
  return [...foreign, ...alternating];
}
