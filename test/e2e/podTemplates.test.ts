import { expect } from "vitest";
import { MAIN_CONTAINER } from "../../src/api/v1beta1/names.ts";
import type { Application } from "./support/application.ts";
import type { Pod } from "./support/cluster.ts";
import { kubectl } from "./support/commands.ts";
import { DATA } from "./support/counter.ts";
import { scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

scenario(
  "pod templates in two layers reach the running pods",
  "templates",
  async (context) => {
    const { image } = context.flink;
    const resources = { requests: { cpu: "10m", memory: "16Mi" } };
    const scratch = { name: "scratch", mountPath: "/scratch" };
    /** Ends when it is asked to, as sleep would not as the first process of a container. */
    const command = ["sh", "-c", "trap exit TERM; sleep infinity & wait"];

    const app = await context.apply({
      // By default the lists of the layers are merged by position, as in the Java operator.
      flinkConfiguration: { "kubernetes.operator.pod-template.merge-arrays-by-name": "true" },
      podTemplate: {
        metadata: {
          labels: { team: "common", layer: "common" },
          annotations: { "example.org/note": "common" },
        },
        spec: {
          initContainers: [
            {
              name: "prepare",
              image,
              resources,
              command: ["sh", "-c", "echo prepared > /scratch/prepared"],
              volumeMounts: [scratch],
            },
          ],
          containers: [
            {
              name: MAIN_CONTAINER,
              env: [
                { name: "LAYER", value: "common" },
                { name: "COMMON", value: "yes" },
              ],
              volumeMounts: [{ name: "data", mountPath: DATA }, scratch],
            },
            {
              name: "sidecar",
              image,
              command,
              resources,
              env: [{ name: "LAYER", value: "common" }],
              volumeMounts: [scratch],
            },
          ],
          volumes: [
            { name: "data", hostPath: { path: context.namespace.directory, type: "Directory" } },
            { name: "scratch", emptyDir: {} },
          ],
          tolerations: [{ key: "example.org/flink", operator: "Exists", effect: "NoSchedule" }],
        },
      },
      jobManager: {
        podTemplate: {
          metadata: { labels: { layer: "jobmanager" } },
          spec: {
            containers: [
              { name: MAIN_CONTAINER, env: [{ name: "LAYER", value: "jobmanager" }] },
              { name: "sidecar", env: [{ name: "ONLY", value: "jobmanager" }] },
            ],
          },
        },
      },
      taskManager: {
        podTemplate: {
          metadata: { labels: { layer: "taskmanager" } },
          spec: {
            initContainers: [
              {
                name: "prepare-tasks",
                image,
                resources,
                command: ["sh", "-c", "cp /scratch/prepared /tasks/prepared"],
                volumeMounts: [scratch, { name: "tasks", mountPath: "/tasks" }],
              },
            ],
            containers: [
              {
                name: MAIN_CONTAINER,
                env: [{ name: "LAYER", value: "taskmanager" }],
                volumeMounts: [{ name: "tasks", mountPath: "/tasks" }],
              },
              { name: "task-sidecar", image, command, resources },
            ],
            volumes: [{ name: "tasks", emptyDir: {} }],
          },
        },
      },
    });
    await app.running();
    await app.counted(20);

    context.step("the JobManager");
    const jobManager = await readyPod(app, "jobManager");
    expectCommon(jobManager);
    expect(jobManager.metadata.labels).toMatchObject({ team: "common", layer: "jobmanager" });
    expect(envOf(jobManager)).toMatchObject({ LAYER: "jobmanager", COMMON: "yes" });
    expect(envOf(jobManager, "sidecar")).toMatchObject({ LAYER: "common", ONLY: "jobmanager" });
    expect(namesOf(jobManager)).toEqual([MAIN_CONTAINER, "sidecar"]);
    expect(initNamesOf(jobManager)).toEqual(["prepare"]);

    context.step("the TaskManager");
    const taskManager = await readyPod(app, "taskManager");
    expectCommon(taskManager);
    expect(taskManager.metadata.labels).toMatchObject({ team: "common", layer: "taskmanager" });
    expect(envOf(taskManager)).toMatchObject({ LAYER: "taskmanager", COMMON: "yes" });
    expect(envOf(taskManager, "sidecar")).toEqual({ LAYER: "common" });
    expect(namesOf(taskManager)).toEqual([MAIN_CONTAINER, "sidecar", "task-sidecar"]);
    expect(initNamesOf(taskManager)).toEqual(["prepare", "prepare-tasks"]);

    context.step("what the init containers left is there, for Flink and for the sidecars");
    const read = ({ metadata }: Pod, container: string, path: string) =>
      kubectl("-n", context.namespace.name, "exec", metadata.name, "-c", container, "--", "cat", path);
    for (const pod of [jobManager, taskManager]) {
      expect(await read(pod, MAIN_CONTAINER, "/scratch/prepared")).toBe("prepared\n");
      expect(await read(pod, "sidecar", "/scratch/prepared")).toBe("prepared\n");
    }
    expect(await read(taskManager, MAIN_CONTAINER, "/tasks/prepared")).toBe("prepared\n");
    expect(context.history.problems()).toEqual([]);
  },
  { turns: 2 },
);

/** The only pod of a component, once all its containers are ready. */
const readyPod = (app: Application, component: "jobManager" | "taskManager"): Promise<Pod> =>
  until(`the ${component} is ready`, async () => {
    const [pod, ...others] = await app.pods(component);
    return others.length === 0 && pod !== undefined && allReady(pod) && pod;
  });

const allReady = ({ spec, status }: Pod): boolean =>
  status?.containerStatuses?.length === spec.containers.length &&
  status.containerStatuses.every(({ ready, restartCount }) => ready && restartCount === 0);

const namesOf = ({ spec }: Pod): string[] => spec.containers.map(({ name }) => name).sort();
const initNamesOf = ({ spec }: Pod): string[] => (spec.initContainers ?? []).map(({ name }) => name).sort();

function envOf({ spec }: Pod, container = MAIN_CONTAINER): Record<string, string | undefined> {
  const found = spec.containers.find(({ name }) => name === container);
  return Object.fromEntries((found?.env ?? []).map(({ name, value }) => [name, value]));
}

function expectCommon({ metadata, spec, status }: Pod): void {
  expect(metadata.annotations).toMatchObject({ "example.org/note": "common" });
  expect(spec.tolerations).toContainEqual(
    expect.objectContaining({ key: "example.org/flink", operator: "Exists", effect: "NoSchedule" }),
  );
  expect(spec.volumes).toContainEqual(expect.objectContaining({ name: "scratch" }));
  expect(status?.initContainerStatuses).toContainEqual(
    expect.objectContaining({
      name: "prepare",
      state: { terminated: expect.objectContaining({ exitCode: 0 }) },
    }),
  );
}
