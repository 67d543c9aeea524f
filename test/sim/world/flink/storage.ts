import type { ParallelismBounds } from "../../../../src/flink/api.ts";
import type { Actor, Journal } from "../journal.ts";
import type { Snapshot } from "./snapshot.ts";
import { ZooKeeper } from "./zooKeeper.ts";

export interface JobResultEntry {
  status: "SUCCEEDED" | "FAILED" | "CANCELED";
  /** The clean-up after the job's end is not complete. */
  dirty: boolean;
}

/** A stored job graph: a recovery runs it, whatever the configuration says. */
export interface JobGraph {
  jobId: string;
  program: string;
  savepointPath: string | undefined;
  /** Of its parallelism, where they were changed. */
  bounds?: ParallelismBounds;
  /** For a session job: the cluster's configuration, overridden by the job's. */
  configuration?: ReadonlyMap<string, string>;
}

/** The file system of all clusters. It outlives all of them. */
export class Storage {
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #journal: Journal;
  readonly jobResults = new Map<string, JobResultEntry>();
  readonly jobGraphs = new Map<string, JobGraph>();
  /** Not a file system, but as persistent. */
  readonly zooKeeper = new ZooKeeper();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get snapshots(): readonly Snapshot[] {
    return [...this.#snapshots.values()];
  }

  snapshot(path: string): Snapshot | undefined {
    return this.#snapshots.get(normal(path));
  }

  keep(snapshot: Snapshot): void {
    this.#snapshots.set(normal(snapshot.path), snapshot);
  }

  /** Removes the results in a directory, whose path is that in a pod that mounts the file system. */
  removeResults(directory: string): void {
    for (const path of this.jobResults.keys())
      if (normal(path).startsWith(`file:${directory}/`)) this.jobResults.delete(path);
  }

  discard(path: string, by: Actor): void {
    if (this.#snapshots.delete(normal(path))) this.#journal.add({ event: "snapshot-deleted", path, by });
  }
}

/** Hadoop and Java write `file:/` for `file:///`. A path without a scheme is of fs.default-scheme, which is file. */
const normal = (path: string): string => path.replace(/^(?:file:)?\/+/, "file:/").replace(/\/+$/, "");
