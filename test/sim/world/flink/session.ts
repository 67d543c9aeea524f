import type { ParallelismBounds, RunJar } from "../../../../src/flink/api.ts";
import type { ApplicationHost } from "./application.ts";
import { type Configuration, flinkImageOf, versionOf } from "./configuration.ts";
import { Execution } from "./execution.ts";
import type { Job } from "./job.ts";
import { JobResultStore } from "./jobResultStore.ts";
import type { EndState, FlinkParts } from "./parts.ts";
import { describeProgram } from "./program.ts";
import { describeState, findState, missingState } from "./recovery.ts";
import { checkOutcome } from "./sqlCheck.ts";
import { scriptProblem, withScript } from "./sqlScript.ts";
import { TaskManagers } from "./taskManagers.ts";

/** The time between the steps of the clean-up after a job's end, so that a crash can happen between them. */
const cleanUpStepMs = 100;

/** The jobs of a session cluster's JobManager: submitted as jars, or recovered with high availability. */
export class Session {
  readonly taskManagers: TaskManagers;
  readonly #parts: FlinkParts;
  readonly #host: ApplicationHost;
  readonly #results: JobResultStore;
  readonly #executions = new Map<string, Execution>();
  readonly #jars = new Map<string, string>();

  constructor(parts: FlinkParts, host: ApplicationHost) {
    const { configuration, clusterId, pod, clock } = host;
    this.#parts = parts;
    this.#host = host;
    this.#results = new JobResultStore(parts.storage, configuration, clusterId);
    const settings = {
      namespace: pod.metadata.namespace ?? "",
      clusterId,
      image: flinkImageOf(pod),
      template: host.taskManagerTemplate,
      containerFields: {},
      slotsEach: Number(configuration.get("taskmanager.numberOfTaskSlots") ?? 1),
      standalone: configuration.get("execution.target") === "remote",
    };
    this.taskManagers = new TaskManagers(parts.server, clock, settings, () => {
      for (const { job } of this.#executions.values()) job.slotsChanged();
    });
  }

  /** The first job that has not ended. */
  get job(): Job | undefined {
    return this.jobs.find(({ ended }) => !ended);
  }

  get jobs(): readonly Job[] {
    return [...this.#executions.values()].map(({ job }) => job);
  }

  execution(jobId: string): Execution | undefined {
    return this.#executions.get(jobId);
  }

  /** Recovers the jobs that have not ended. */
  start(): void {
    const { availability } = this.#host;
    for (const [jobId, path] of availability?.jobGraphs() ?? []) {
      const graph = this.#parts.storage.jobGraphs.get(path);
      const result = this.#results.find(jobId);
      if (result !== undefined) this.#cleanUp(jobId);
      else if (graph?.configuration !== undefined)
        this.#run(jobId, graph.configuration, graph.savepointPath, true, graph.bounds);
    }
  }

  upload(name: string): string {
    const id = `${this.#parts.random.uuid()}_${name}`;
    this.#jars.set(id, name);
    return id;
  }

  /** Undefined where there is no such jar; an object where the main method fails. */
  runJar(jarId: string, request: RunJar): "accepted" | "duplicate" | { failure: string } | undefined {
    const jar = this.#jars.get(jarId);
    const { jobId, savepointPath } = request;
    if (jar === undefined) return undefined;
    if (this.#executions.has(jobId) || this.#results.find(jobId) !== undefined) return "duplicate";
    const configuration = withScript(this.#configurationOf(jar, request), new Map());
    const failure = scriptProblem(configuration);
    if (failure !== undefined) return { failure };
    const { availability } = this.#host;
    if (availability !== undefined) {
      const path = `submittedJobGraph${this.#parts.random.hex(12)}`;
      const program = describeProgram(configuration, flinkImageOf(this.#host.pod));
      this.#parts.storage.jobGraphs.set(path, { jobId, program, savepointPath, configuration });
      availability.addJob(jobId, path);
    }
    this.#run(jobId, configuration, savepointPath, false);
    return "accepted";
  }

  /** The outcome of the runner's check. Undefined where there is no such jar. */
  checkScript(jarId: string, { programArgs }: Pick<RunJar, "programArgs">): string | undefined {
    const jar = this.#jars.get(jarId);
    this.#parts.journal.add({ event: "script-checked", cluster: this.#host.clusterId });
    return jar && JSON.stringify(checkOutcome(programArgs, new Map(), jar).message);
  }

  deleteJar(jarId: string): void {
    this.#jars.delete(jarId);
  }

  /** The cluster's configuration, overridden by the job's. */
  #configurationOf(
    jar: string,
    { flinkConfiguration, entryClass, programArgs, parallelism }: RunJar,
  ): Configuration {
    return new Map([
      ...this.#host.configuration,
      ...Object.entries(flinkConfiguration),
      ["pipeline.jars", jar],
      ["$internal.application.program-args", programArgs.join(";")],
      ...(entryClass === undefined ? [] : [["$internal.application.main", entryClass] as const]),
      ...(parallelism === undefined ? [] : [["parallelism.default", String(parallelism)] as const]),
    ]);
  }

  /** With high availability the bounds are stored before they are applied. */
  rescale(jobId: string, bounds: ParallelismBounds): void {
    const { jobGraphs } = this.#parts.storage;
    const path = this.#host.availability?.jobGraphs().get(jobId) ?? "";
    const graph = jobGraphs.get(path);
    if (graph !== undefined) jobGraphs.set(path, { ...graph, bounds });
    this.#executions.get(jobId)?.job.rescale(bounds);
    this.#requestSlots();
  }

  #run(
    jobId: string,
    configuration: Configuration,
    savepointPath: string | undefined,
    recovered: boolean,
    bounds?: ParallelismBounds,
  ): void {
    const { availability, clock, pod, clusterId } = this.#host;
    const { storage, journal } = this.#parts;
    const state = findState(storage, availability?.checkpoints(jobId) ?? [], savepointPath);
    journal.add({
      event: "job-started",
      cluster: clusterId,
      pod: pod.metadata.name,
      jobId,
      sessionJob: configuration.get("pipeline.name") ?? "job",
      program: describeProgram(configuration, flinkImageOf(pod)),
      recovered,
      restored: describeState(state),
    });
    const execution = new Execution(
      this.#parts,
      {
        clock,
        pod: pod.metadata.name,
        availability,
        version: versionOf(this.#host.configuration, flinkImageOf(pod)),
        bounds,
        slots: () => this.#slotsFor(jobId),
        ended: () => this.#ended(execution),
      },
      configuration,
      jobId,
      "snapshot" in state ? state.snapshot : undefined,
    );
    this.#executions.set(jobId, execution);
    this.#requestSlots();
    if ("missing" in state) execution.job.fail(missingState(state.missing));
  }

  /** The slots that other jobs do not use. */
  #slotsFor(jobId: string): number {
    const used = this.jobs
      .filter(({ working, settings }) => working && settings.jobId !== jobId)
      .reduce((sum, { parallelism }) => sum + parallelism, 0);
    return this.taskManagers.slots - used;
  }

  #requestSlots(): void {
    const needed = this.jobs
      .filter(({ ended }) => !ended)
      .reduce((sum, { wantedSlots }) => sum + wantedSlots, 0);
    this.taskManagers.requestSlots(needed);
  }

  #ended(execution: Execution): void {
    const { job } = execution;
    const { jobId } = job.settings;
    const state = job.state as EndState;
    this.#results.add(jobId, state === "FINISHED" ? "SUCCEEDED" : state);
    this.#requestSlots();
    for (const other of this.jobs) other.slotsChanged();
    this.#host.clock.after(cleanUpStepMs, () => {
      execution.discardCheckpoints();
      this.#cleanUp(jobId);
    });
  }

  #cleanUp(jobId: string): void {
    const { availability, clock } = this.#host;
    availability?.removeJob(jobId);
    clock.after(cleanUpStepMs, () => this.#results.markClean(jobId));
  }
}
