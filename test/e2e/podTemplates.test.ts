import { expect } from "vitest";
import { MAIN_CONTAINER } from "../../src/api/v1beta1/names.ts";
import type { Pod } from "./support/cluster.ts";
import { DATA } from "./support/counter.ts";
import { story } from "./support/story.ts";
import { until } from "./support/until.ts";

story("pod templates in two layers reach the running pods", "templates", async (told) => {
  const { image } = told.flink;
  const sleeper = (name: string) => ({
    name,
    image,
    command: ["sleep", "infinity"],
    // Ends at once when it is asked to, as PID 1 would not by itself.
    lifecycle: { preStop: { exec: { command: ["kill", "-9", "1"] } } },
    resources: { requests: { cpu: "10m", memory: "16Mi" } },
  });
  const app = await told.apply({
    // By default the lists of the layers are merged by position, as in the Java operator.
    flinkConfiguration: { "kubernetes.operator.pod-template.merge-arrays-by-name": "true" },
    podTemplate: {
      metadata: { labels: { team: "common" }, annotations: { "example.org/note": "common" } },
      spec: {
        initContainers: [
          {
            name: "prepare",
            image,
            command: ["sh", "-c", "echo prepared > /scratch/prepared"],
            volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
          },
        ],
        containers: [
          {
            name: MAIN_CONTAINER,
            env: [
              { name: "LAYER", value: "common" },
              { name: "COMMON", value: "yes" },
            ],
            volumeMounts: [
              { name: "data", mountPath: DATA },
              { name: "scratch", mountPath: "/scratch" },
            ],
          },
          { ...sleeper("sidecar"), volumeMounts: [{ name: "scratch", mountPath: "/scratch" }] },
        ],
        volumes: [
          { name: "data", hostPath: { path: told.namespace.directory, type: "Directory" } },
          { name: "scratch", emptyDir: {} },
        ],
        tolerations: [{ key: "example.org/flink", operator: "Exists", effect: "NoSchedule" }],
      },
    },
    jobManager: {
      podTemplate: {
        metadata: { labels: { role: "the-job-manager" } },
        spec: { containers: [{ name: MAIN_CONTAINER, env: [{ name: "LAYER", value: "jobmanager" }] }] },
      },
    },
    taskManager: {
      podTemplate: {
        metadata: { labels: { role: "the-task-manager" } },
        spec: {
          containers: [
            { name: MAIN_CONTAINER, env: [{ name: "LAYER", value: "taskmanager" }] },
            sleeper("task-sidecar"),
          ],
        },
      },
    },
  });
  await app.running();
  const [jobManager] = await app.pods("jobManager");
  const [taskManager] = await until("the TaskManager is ready", async () => {
    const pods = await app.pods("taskManager");
    return pods.length > 0 && pods.every(allReady) && pods;
  });

  expectCommon(jobManager);
  expectCommon(taskManager);
  expect(jobManager?.metadata.labels).toMatchObject({ role: "the-job-manager" });
  expect(taskManager?.metadata.labels).toMatchObject({ role: "the-task-manager" });
  expect(envOf(jobManager)).toMatchObject({ LAYER: "jobmanager" });
  expect(envOf(taskManager)).toMatchObject({ LAYER: "taskmanager" });
  expect(namesOf(jobManager).sort()).toEqual([MAIN_CONTAINER, "sidecar"]);
  expect(namesOf(taskManager).sort()).toEqual([MAIN_CONTAINER, "sidecar", "task-sidecar"]);
  await app.counted(20);
  expect(told.history.troubles()).toEqual([]);
});

const allReady = ({ status }: Pod): boolean =>
  (status?.containerStatuses ?? []).length > 0 &&
  (status?.containerStatuses ?? []).every(({ ready }) => ready);

const namesOf = (pod: Pod | undefined): string[] => (pod?.spec.containers ?? []).map(({ name }) => name);

function envOf(pod: Pod | undefined): Record<string, string | undefined> {
  const main = pod?.spec.containers.find(({ name }) => name === MAIN_CONTAINER);
  return Object.fromEntries((main?.env ?? []).map(({ name, value }) => [name, value]));
}

function expectCommon(pod: Pod | undefined): void {
  expect(pod?.metadata.labels).toMatchObject({ team: "common" });
  expect(pod?.metadata.annotations).toMatchObject({ "example.org/note": "common" });
  expect(envOf(pod)).toMatchObject({ COMMON: "yes" });
  expect(pod?.spec.tolerations).toContainEqual(expect.objectContaining({ key: "example.org/flink" }));
  expect(pod?.spec.volumes).toContainEqual(expect.objectContaining({ name: "scratch" }));
  const [prepare] = pod?.status?.initContainerStatuses ?? [];
  expect(prepare).toMatchObject({ name: "prepare", state: { terminated: { exitCode: 0 } } });
  expect(pod === undefined ? false : allReady(pod)).toBe(true);
}
