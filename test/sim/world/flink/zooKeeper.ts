import type { Availability } from "./highAvailability.ts";
import type { Snapshot } from "./snapshot.ts";

/** The data of one cluster in ZooKeeper. */
interface Node {
  leader: { identity: string; until: number } | undefined;
  readonly graphs: Map<string, string>;
  /** The paths of checkpoints by job, the oldest first. */
  readonly checkpoints: Map<string, { id: number; path: string }[]>;
}

/** The ensemble that all clusters use: it outlives all of them, and the operator cannot read it. */
export class ZooKeeper {
  readonly #nodes = new Map<string, Node>();

  /** The high-availability service of one JobManager, under the path of its cluster. */
  at(path: string, identity: string, now: () => number): Availability {
    const known = this.#nodes.get(path);
    const node: Node = known ?? { leader: undefined, graphs: new Map(), checkpoints: new Map() };
    this.#nodes.set(path, node);
    return {
      acquireOrRenew() {
        const { leader } = node;
        if (leader !== undefined && leader.identity !== identity && leader.until > now()) return false;
        node.leader = { identity, until: now() + sessionMs };
        return true;
      },
      release() {
        if (node.leader?.identity === identity) node.leader = undefined;
      },
      jobGraphs: () => node.graphs,
      addJob(jobId, graphPath) {
        node.graphs.set(jobId, graphPath);
        if (!node.checkpoints.has(jobId)) node.checkpoints.set(jobId, []);
      },
      checkpoints: (jobId) => (node.checkpoints.get(jobId) ?? []).map(({ path: file }) => file),
      addCheckpoint(jobId, { id, path: file }: Snapshot) {
        node.checkpoints.get(jobId)?.push({ id, path: file });
        return node.checkpoints.has(jobId);
      },
      removeCheckpoint(jobId, id) {
        const others = node.checkpoints.get(jobId)?.filter((checkpoint) => checkpoint.id !== id);
        if (others !== undefined) node.checkpoints.set(jobId, others);
      },
      writeCounter() {},
      removeJob(jobId) {
        node.graphs.delete(jobId);
        node.checkpoints.delete(jobId);
      },
    };
  }
}

/** The session of a JobManager that has ended expires after this time. */
const sessionMs = 15_000;
