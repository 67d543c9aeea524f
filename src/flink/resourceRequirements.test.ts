import { expect, test } from "vitest";
import { FlinkRestError } from "./api.ts";
import { flinkRestOver } from "./client.ts";

const at = { host: "jobmanager", port: 8081 };
const [jobId, worker] = ["a".repeat(32), "b".repeat(32)];
const wanted = { [worker]: { parallelism: { lowerBound: 1, upperBound: 4 } } };

/** A JobManager that answers each request with this. */
const answering = (answer: unknown) => {
  const requests: unknown[] = [];
  const rest = flinkRestOver({
    async send(_, request) {
      requests.push(request);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { rest, requests };
};

test("the requirements of a job are read and written as Flink 1.20 and 2.3 have them", async () => {
  const { rest, requests } = answering(wanted);
  expect(await rest.resourceRequirements(at, jobId)).toEqual(wanted);
  await rest.updateResourceRequirements(at, jobId, wanted);
  const path = `/jobs/${jobId}/resource-requirements`;
  expect(requests).toEqual([
    { method: "GET", path },
    { method: "PUT", path, body: wanted },
  ]);
});

test("a scheduler that cannot change the parallelism is told from every other error", async () => {
  const says = (text: string, status: number) =>
    answering(new FlinkRestError(status, "answered", text, { fromFlink: true })).rest.resourceRequirements(
      at,
      jobId,
    );
  const words =
    "java.lang.UnsupportedOperationException: The DefaultScheduler does not support changing the parallelism without a job restart. " +
    "This feature is currently only expected to work with the AdaptiveScheduler.";
  expect(await says(`HTTP 500: ${words}`, 500)).toBeUndefined();
  await expect(says("HTTP 500: FlinkJobNotFoundException", 500)).rejects.toThrow("FlinkJobNotFoundException");
});

test("the vertices have their limits, and the tasks that run or have finished", async () => {
  const vertex = { id: worker, name: "worker", parallelism: 2, maxParallelism: 128 };
  const tasks = { FINISHED: 1, RUNNING: 1, CREATED: 0 };
  const { rest, requests } = answering({ vertices: [{ ...vertex, tasks }] });
  expect(await rest.vertices(at, jobId)).toEqual([{ ...vertex, running: 2 }]);
  expect(requests).toEqual([{ method: "GET", path: `/jobs/${jobId}` }]);
});
