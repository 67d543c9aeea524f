import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import type { FlinkDeploymentStatus } from "../../src/api/v1beta1/flinkdeployment.ts";
import type { FlinkSessionJobStatus } from "../../src/api/v1beta1/flinksessionjob.ts";
import { asFlinkStateSnapshot, type FlinkStateSnapshot } from "../../src/api/v1beta1/flinkstatesnapshot.ts";
import { warmClusterId } from "../../src/api/v1beta1/names.ts";
import type { Job } from "./world/flink/job.ts";
import { namespace, type World } from "./world/world.ts";

/** The steps of a user, one after the other. */
export interface Scenario {
  name: string;
  steps: readonly Step[];
  /** The job's state, up to the newest snapshot, must survive every restart. */
  stateful: boolean;
  /** High availability is on: the job survives its JobManager. */
  highlyAvailable: boolean;
  /** Only the operator itself has faults: no Warning and no error may appear at any moment. */
  healthy: boolean;
  /** Session jobs that nobody edits: once they run, nothing that the user does to another job touches them. */
  untouched?: readonly string[];
}

export interface Step {
  name: string;
  act?(world: World): unknown;
  /** The step ends when this holds; absent: at once. */
  until?(view: View): boolean;
  /** How long to wait after that, in milliseconds. */
  thenWaitMs?: number;
  /** The running job is replaced: the API server must accept its successor's objects in a dry run before it is stopped. */
  replacesJob?: boolean;
}

/** The resource and everything that belongs to it, read directly from the world. */
export class View {
  readonly world: World;
  readonly name: string;

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
  }

  /** While a job is upgraded warm, it has two clusters. */
  get #clusterIds(): string[] {
    return [this.name, warmClusterId(this.name)];
  }

  get resource(): KubeObject | undefined {
    return this.world.server.find(resourceTypes.flinkDeployment, namespace, this.name);
  }

  get status(): FlinkDeploymentStatus | undefined {
    return this.resource?.status as FlinkDeploymentStatus | undefined;
  }

  /** The FlinkStateSnapshots, sorted by name. */
  get snapshots(): FlinkStateSnapshot[] {
    return this.world.server
      .list(resourceTypes.flinkStateSnapshot, { namespace })
      .map(asFlinkStateSnapshot)
      .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  }

  snapshot(name: string): FlinkStateSnapshot | undefined {
    return this.snapshots.find(({ metadata }) => metadata.name === name);
  }

  /** The job that runs in a JobManager of this cluster now. */
  get job(): Job | undefined {
    const jobs = [...this.world.flink.jobManagers.values()]
      .filter(({ clock, clusterId }) => clock.alive && this.#clusterIds.includes(clusterId))
      .flatMap(({ job }) => job ?? []);
    return jobs.find(({ ended }) => !ended) ?? jobs[0];
  }

  /** The jobs in the session clusters that have not ended, sorted by name. */
  get sessionJobs(): readonly { name: string; state: string; working: boolean; program: string }[] {
    const programs = new Map(
      this.world.journal.of("job-started").map(({ jobId, program }) => [jobId, program]),
    );
    return [...this.world.flink.jobManagers.values()]
      .filter(({ clock, session }) => clock.alive && session !== undefined)
      .flatMap(({ jobs }) => jobs.filter(({ ended }) => !ended))
      .map(({ settings: { name, jobId }, state, working }) => ({
        name,
        state,
        working,
        program: programs.get(jobId) ?? "",
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The parallelism of a session job that has not ended. */
  sessionJobParallelism(name: string): number | undefined {
    return [...this.world.flink.jobManagers.values()]
      .filter(({ clock, session }) => clock.alive && session !== undefined)
      .flatMap(({ jobs }) => jobs)
      .find(({ ended, settings }) => !ended && settings.name === name)?.parallelism;
  }

  /** A session job's resource. */
  sessionJob(
    name: string,
  ): { metadata: KubeObject["metadata"]; status: FlinkSessionJobStatus | undefined } | undefined {
    const found = this.world.server.find(resourceTypes.flinkSessionJob, namespace, name);
    return found && { metadata: found.metadata, status: found.status as FlinkSessionJobStatus | undefined };
  }

  /** The program of the newest job of its clusters. */
  get program(): string | undefined {
    const isOwn = ({ cluster }: { cluster: string }) => this.#clusterIds.includes(cluster);
    return this.world.journal.of("job-started").findLast(isOwn)?.program;
  }

  /** The objects of the cluster that still exist. */
  get leftovers(): KubeObject[] {
    const { deployment, pod, configMap, service, ingress, httpRoute } = resourceTypes;
    return [deployment, pod, configMap, service, ingress, httpRoute].flatMap((type) =>
      this.world.server
        .list(type, { namespace })
        .filter(({ metadata }) => metadata.labels?.app === this.name || metadata.name.startsWith(this.name)),
    );
  }

  /** The operator has completed the change to the present spec. */
  get settled(): boolean {
    const { resource, status } = this;
    return (
      resource !== undefined &&
      status?.observedGeneration === resource.metadata.generation &&
      ["STABLE", "SUSPENDED"].includes(String(status?.lifecycleState))
    );
  }
}
