import type { KubeObject } from "../../../../src/api/kubernetes.ts";
import { MAIN_CONTAINER } from "../../../../src/api/v1beta1/names.ts";
import { listAt } from "../json.ts";
import type { Launch, PodProcess } from "../kubernetes/podRun.ts";
import { readConfiguration, readTaskManagerTemplate } from "./configuration.ts";
import { JobManager } from "./jobManager.ts";
import type { FlinkParts } from "./parts.ts";
import { sqlCheckProcess } from "./sqlCheck.ts";
import { withScript } from "./sqlScript.ts";

/** What the command of a JobManager's container does before Flink starts: it removes directories by name. */
function cleanResults(storage: FlinkParts["storage"], pod: KubeObject): void {
  const main = listAt(pod, "spec", "containers").find(({ name }) => name === MAIN_CONTAINER);
  for (const directory of listOf(main?.command)) storage.removeResults(directory);
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The processes in Flink's pods: the kubelet starts them, and the REST endpoint finds them by the pod's uid. */
export class FlinkProcesses {
  readonly #parts: FlinkParts;
  readonly #jobManagers = new Map<string, JobManager>();

  constructor(parts: FlinkParts) {
    this.#parts = parts;
  }

  get jobManagers(): ReadonlyMap<string, JobManager> {
    return this.#jobManagers;
  }

  readonly launch: Launch = (pod, files, exited) => {
    if (pod.metadata.labels?.component === "sql-check")
      return sqlCheckProcess(this.#parts.server, pod, files, exited);
    if (!pod.metadata.labels?.type?.startsWith("flink-") || pod.metadata.labels.component !== "jobmanager") {
      return this.#plain(exited);
    }
    cleanResults(this.#parts.storage, pod);
    const configuration = readConfiguration(files);
    if (configuration === undefined) return this.#failing(exited);
    const read = withScript(configuration, files);
    return this.#jobManager(
      pod,
      new JobManager(this.#parts, pod, read, exited, readTaskManagerTemplate(files)),
    );
  };

  #jobManager(pod: KubeObject, jobManager: JobManager): JobManager {
    this.#jobManagers.set(pod.metadata.uid ?? "", jobManager);
    return jobManager;
  }

  /** A TaskManager, only as a pod: its work is simulated by the JobManager's job. */
  #plain(exited: (code: number) => void): PodProcess {
    let cancel = (): void => {};
    return {
      ready: () => true,
      terminate: () => {
        cancel = this.#parts.server.clock.after(600, () => exited(143));
      },
      kill: () => cancel(),
    };
  }

  /** Without a configuration Flink's scripts fail. */
  #failing(exited: (code: number) => void): PodProcess {
    const cancel = this.#parts.server.clock.after(1_000, () => exited(1));
    return { ready: () => false, terminate: () => {}, kill: cancel };
  }
}
