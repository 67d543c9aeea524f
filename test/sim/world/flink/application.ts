import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import { MAIN_CONTAINER } from "../../../../src/api/v1beta1/names.ts";
import { gateVariables } from "../../../../src/config/gate.ts";
import type { ParallelismBounds } from "../../../../src/flink/api.ts";
import type { Clock } from "../../../../src/runtime/clock.ts";
import { type JsonObject, listAt, textAt } from "../json.ts";
import { type Configuration, flinkImageOf, versionOf } from "./configuration.ts";
import { Execution } from "./execution.ts";
import type { Availability } from "./highAvailability.ts";
import { APPLICATION_DRIVER, type Job } from "./job.ts";
import { JobResultStore } from "./jobResultStore.ts";
import type { EndState, FlinkParts } from "./parts.ts";
import { describeProgram } from "./program.ts";
import { describeState, findState, missingState } from "./recovery.ts";
import type { Snapshot } from "./snapshot.ts";
import { scriptProblem } from "./sqlScript.ts";
import { TaskManagers } from "./taskManagers.ts";

/** The JobManager process that an application runs in. */
export interface ApplicationHost {
  clock: Clock;
  pod: KubeObject;
  clusterId: string;
  configuration: Configuration;
  availability: Availability | undefined;
  taskManagerTemplate: JsonObject;
  /** Called when the job has ended for good. */
  ended(state: EndState): void;
}

/** What the gate of a pod waits for and calls; undefined: its JobManager calls the user's class itself. */
interface Gate {
  configMap: string;
  key: string;
  mainClass: string | undefined;
}

const gatePeriodMs = 300;

function gateOf(pod: KubeObject): Gate | undefined {
  const [main] = listAt(pod, "spec", "containers").filter(({ name }) => name === MAIN_CONTAINER);
  const variableOf = (variable: string) =>
    textAt(
      listAt(main, "env").find(({ name }) => name === variable),
      "value",
    );
  const [configMap, key] = [variableOf(gateVariables.configMap), variableOf(gateVariables.key)];
  return configMap === undefined || key === undefined
    ? undefined
    : { configMap, key, mainClass: variableOf(gateVariables.mainClass) };
}

const zeroJobId = "0".repeat(32);
/** The time between the steps of the clean-up after a job's end, so that a crash can happen between them. */
const cleanUpStepMs = 100;
/** The single job of an application's JobManager: submitted or recovered, run and cleaned up. */
export class Application {
  readonly taskManagers: TaskManagers;
  readonly #parts: FlinkParts;
  readonly #host: ApplicationHost;
  readonly #results: JobResultStore;
  #execution: Execution | undefined;

  constructor(parts: FlinkParts, host: ApplicationHost) {
    const { configuration, clusterId, pod, clock } = host;
    this.#parts = parts;
    this.#host = host;
    this.#results = new JobResultStore(parts.storage, configuration, clusterId);
    const pullPolicy = configuration.get("kubernetes.container.image.pull-policy");
    const settings = {
      namespace: pod.metadata.namespace ?? "",
      clusterId,
      image: this.#image,
      template: host.taskManagerTemplate,
      containerFields: pullPolicy === undefined ? {} : { imagePullPolicy: pullPolicy },
      slotsEach: Number(configuration.get("taskmanager.numberOfTaskSlots") ?? 1),
      standalone: configuration.get("execution.target") === "remote",
    };
    this.taskManagers = new TaskManagers(parts.server, clock, settings, () => this.job?.slotsChanged());
  }

  get job(): Job | undefined {
    return this.#execution?.job;
  }

  /** Undefined where it runs no such job. */
  execution(jobId: string): Execution | undefined {
    return this.job?.settings.jobId === jobId ? this.#execution : undefined;
  }

  get jobs(): readonly Job[] {
    return this.job === undefined ? [] : [this.job];
  }

  /** Where the main class is the gate, its own method waits for the word (runners/gate). */
  start(): void {
    const { configuration, pod } = this.#host;
    const gate = gateOf(pod);
    if (gate === undefined) this.#main(configuration);
    else {
      this.taskManagers.requestSlots(Number(configuration.get("slotmanager.number-of-slots.min")));
      this.#awaitWord(gate);
    }
  }

  #awaitWord(gate: Gate): void {
    const { configuration, clock, pod } = this.#host;
    const found = this.#parts.server.find(
      resourceTypes.configMap,
      pod.metadata.namespace ?? "",
      gate.configMap,
    );
    const savepoint = textAt(found, "data", gate.key);
    if (savepoint === undefined) {
      clock.after(gatePeriodMs, () => this.#awaitWord(gate));
      return;
    }
    const { mainClass } = gate;
    const called = new Map([...configuration, ["execution.savepoint.path", savepoint]]);
    if (mainClass === undefined) called.delete("$internal.application.main");
    else called.set("$internal.application.main", mainClass);
    this.#main(called);
  }

  #main(configuration: Configuration): void {
    const { availability, clusterId, pod } = this.#host;
    const { storage, random } = this.#parts;
    const fixed = configuration.get("$internal.pipeline.job-id");
    const jobId = fixed ?? (availability === undefined ? random.hex(32) : zeroJobId);
    const result = this.#results.find(jobId);
    if (result !== undefined) {
      // The job has ended before: it is not run again, and only the result store knows it.
      if (result.dirty) this.#cleanUp(jobId);
      return;
    }
    const graphs = availability?.jobGraphs() ?? new Map<string, string>();
    this.#recordForeignJobs([...graphs.keys()].filter((id) => id !== jobId));
    const graphPath = graphs.get(jobId);
    const recovered = graphPath === undefined ? undefined : storage.jobGraphs.get(graphPath);
    const graph = recovered ?? {
      jobId,
      program: describeProgram(configuration, this.#image),
      savepointPath: configuration.get("execution.savepoint.path"),
    };
    // A recovered job starts without main up to Flink 1.20 (measured), and with its execute() in 2.3.
    const startsWithoutMain = recovered !== undefined && !this.#isFlink2;
    const problem = startsWithoutMain ? undefined : scriptProblem(configuration);
    if (problem !== undefined) {
      this.#failMain(jobId, graph.program, problem);
      return;
    }
    const state = findState(storage, availability?.checkpoints(jobId) ?? [], graph.savepointPath);
    if (availability !== undefined) {
      const path = graphPath ?? `submittedJobGraph${random.hex(12)}`;
      storage.jobGraphs.set(path, graph);
      availability.addJob(jobId, path);
    }
    this.#parts.journal.add({
      event: "job-started",
      cluster: clusterId,
      pod: pod.metadata.name,
      jobId,
      program: graph.program,
      recovered: recovered !== undefined,
      restored: describeState(state),
    });
    this.#run(configuration, jobId, "snapshot" in state ? state.snapshot : undefined, recovered?.bounds);
    if ("missing" in state) this.job?.fail(missingState(state.missing));
  }

  /**
   * The main method has failed before there was a job. Flink lists a failed one instead, which has no checkpoints, and touches
   * neither results nor high availability.
   */
  #failMain(jobId: string, program: string, problem: string): void {
    const { configuration, clock, pod, clusterId } = this.#host;
    this.#parts.journal.add({
      event: "main-failed",
      cluster: clusterId,
      pod: pod.metadata.name,
      jobId,
      program,
    });
    const named = new Map([...configuration, ["pipeline.name", APPLICATION_DRIVER]]);
    const host = {
      clock,
      pod: pod.metadata.name,
      availability: undefined,
      version: this.#version,
      slots: () => 0,
      ended: () => {},
    };
    this.#execution = new Execution(this.#parts, host, named, jobId, undefined);
    this.#execution.job.fail(problem);
  }

  /**
   * Flink recovers every job whose graph it finds, also one of another launch, and runs it beside its own. That violates
   * an invariant in any case, so these jobs are only recorded in the journal.
   */
  #recordForeignJobs(jobIds: string[]): void {
    const { clusterId, pod } = this.#host;
    for (const jobId of jobIds) {
      this.#parts.journal.add({
        event: "job-started",
        cluster: clusterId,
        pod: pod.metadata.name,
        jobId,
        program: "of another launch",
        recovered: true,
        restored: { count: 0, from: "unknown", by: "high-availability" },
      });
    }
  }

  /** With high availability the bounds are stored before they are applied. */
  rescale(bounds: ParallelismBounds): void {
    const { job } = this;
    if (job === undefined) return;
    const path = this.#host.availability?.jobGraphs().get(job.settings.jobId);
    const graph = path === undefined ? undefined : this.#parts.storage.jobGraphs.get(path);
    if (path !== undefined && graph !== undefined)
      this.#parts.storage.jobGraphs.set(path, { ...graph, bounds });
    this.taskManagers.requestSlots(bounds.upperBound);
    job.rescale(bounds);
  }

  #run(
    configuration: Configuration,
    jobId: string,
    restored: Snapshot | undefined,
    bounds?: ParallelismBounds,
  ): void {
    const { availability, clock, pod } = this.#host;
    const host = {
      clock,
      pod: pod.metadata.name,
      availability,
      version: this.#version,
      bounds,
      slots: () => this.taskManagers.slots,
      ended: (execution: Execution) => this.#ended(execution),
    };
    this.#execution = new Execution(this.#parts, host, configuration, jobId, restored);
    this.taskManagers.requestSlots(this.#execution.job.wantedSlots);
  }

  #ended(execution: Execution): void {
    const { job } = execution;
    const { jobId } = job.settings;
    const { clock } = this.#host;
    const state = job.state as EndState;
    this.taskManagers.requestSlots(0);
    this.#results.add(jobId, state === "FINISHED" ? "SUCCEEDED" : state);
    clock.after(cleanUpStepMs, () => {
      execution.discardCheckpoints();
      this.#cleanUp(jobId);
    });
    clock.after(5 * cleanUpStepMs, () => this.#host.ended(state));
  }

  #cleanUp(jobId: string): void {
    const { availability, clock } = this.#host;
    availability?.removeJob(jobId);
    clock.after(cleanUpStepMs, () => this.#results.markClean(jobId));
  }

  get #isFlink2(): boolean {
    return !this.#version.startsWith("1.");
  }

  get #version(): string {
    return versionOf(this.#host.configuration, this.#image);
  }

  get #image(): string {
    return flinkImageOf(this.#host.pod);
  }
}
