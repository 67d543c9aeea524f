import type { ServerResponse } from "node:http";
import type { FakeApiServer } from "../../../src/dashboard/server/fakeApiServer.fixture.ts";

/** The JobManager behind the API server's service proxy: its REST API of one job, and a UI that asks it. */
export function fakeFlink({ flink }: Pick<FakeApiServer, "flink">, jobId: string): void {
  const send = (path: string, type: string, text: string): void => {
    flink.set(path, (response: ServerResponse) => {
      // As Flink's own server does.
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("content-type", type);
      response.end(text);
    });
  };
  const sendJson = (path: string, value: unknown): void =>
    send(path, "application/json", JSON.stringify(value));
  sendJson("/overview", { "flink-version": "2.3.0", "jobs-running": 1 });
  sendJson("/config", { "flink-version": "2.3.0", "flink-revision": "abc" });
  sendJson("/taskmanagers", { taskmanagers: [{ id: "tm", slotsNumber: 2, freeSlots: 0 }] });
  sendJson("/jobs/overview", {
    jobs: [{ jid: jobId, name: "job", state: "RUNNING", "start-time": 500, tasks: { running: 2, total: 2 } }],
  });
  sendJson(`/jobs/${jobId}`, {
    state: "RUNNING",
    vertices: [
      { id: "v1", name: "Source", parallelism: 2, status: "RUNNING" },
      { id: "v2", name: "Sink", parallelism: 2, status: "RUNNING" },
    ],
    plan: { nodes: [{ id: "v1" }, { id: "v2", inputs: [{ id: "v1", ship_strategy: "HASH" }] }] },
  });
  sendJson(`/jobs/${jobId}/checkpoints`, {
    counts: { completed: 3, failed: 1, restored: 0, in_progress: 0 },
    latest: {
      completed: {
        ...{ id: 3, external_path: "s3://flink/orders/checkpoints/chk-3", discarded: false },
        ...{ is_savepoint: false, trigger_timestamp: 1_767_225_603_000 },
      },
    },
    history: [
      {
        ...{ id: 4, status: "FAILED", trigger_timestamp: 1_767_225_660_000, state_size: 0 },
        ...{ end_to_end_duration: 9, failure_message: "the disk is full" },
      },
      ...[3, 2].map((id) => ({
        ...{
          id,
          status: "COMPLETED",
          trigger_timestamp: 1_767_225_600_000 + id * 1_000,
          state_size: 1024 * id,
        },
        ...{ end_to_end_duration: 8 * id, is_savepoint: false },
      })),
    ],
  });
  sendJson(`/jobs/${jobId}/exceptions`, {
    exceptionHistory: {
      entries: [
        {
          ...{ exceptionName: "java.io.IOException", stacktrace: "java.io.IOException\n\tat a" },
          ...{ timestamp: 1_767_225_600_000, taskName: "Sink" },
        },
      ],
    },
  });
  // Built as Flink's own: modules, styles by script, paths that are relative to the page.
  send(
    "/",
    "text/html",
    '<!doctype html><base href="./"><title>Flink</title><link rel="stylesheet" href="styles.css"><h1></h1><script type="module" src="main.js"></script>',
  );
  send("/styles.css", "text/css", "h1 { color: rgb(1, 2, 3) }");
  // Flink's own asks with credentials (2.3.0).
  send(
    "/main.js",
    "text/javascript",
    'const answer = await fetch("./overview", { credentials: "include" }); document.querySelector("h1").textContent = `Flink ${(await answer.json())["flink-version"]}`;',
  );
}
