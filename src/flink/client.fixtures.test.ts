import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenNames, readGolden } from "../../test/support/golden.ts";
import type { FlinkVersion } from "../api/v1beta1/common.ts";
import { FlinkRestError, type RestEndpoint } from "./api.ts";
import { createFlinkClient } from "./client.ts";

/** The client against responses recorded from real clusters, served unchanged over loopback. */

const folder = "flink/rest";
const versions = goldenNames(folder);

interface Recorded {
  name: string;
  request: { method: string; path: string; body: unknown };
  response: { status: number; body: unknown };
}

const recordingsOf = (version: string): Map<string, Recorded> =>
  new Map(
    readGolden<Recorded[]>(`${folder}/${version}.json`).map((recording) => [recording.name, recording]),
  );

const jarIdOf = (path = ""): string => path.split("/")[3] ?? "";

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

const rest = createFlinkClient();
let recorded: Recorded | undefined;
let seen: { method: string | undefined; path: string | undefined; body: string } | undefined;
let at: RestEndpoint;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  seen = { method: request.method, path: request.url, body };
  response.writeHead(recorded?.response.status ?? 599, { "content-type": "application/json; charset=UTF-8" });
  response.end(JSON.stringify(recorded?.response.body));
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  at = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
});
afterAll(async () => {
  await rest.close();
  server.close();
});

describe.each(versions)("Flink %s", (version) => {
  const recordings = recordingsOf(version);

  /** Responds to a call with the recording `name`, and checks that the request equals the recorded one. */
  async function replay<T>(
    name: string,
    call: (ids: { job: string; trigger: string }) => Promise<T>,
  ): Promise<T> {
    recorded = recordings.get(name);
    if (recorded === undefined) {
      throw new Error(`no recording ${name}`);
    }
    const path = recorded.request.path.replace(/^\/v1/, "");
    const [, job = "", trigger = ""] =
      /^\/jobs\/([^/?]+)(?:\/(?:savepoints|checkpoints)\/([^/?]+))?/.exec(path) ?? [];
    try {
      return await call({ job, trigger });
    } finally {
      expect(seen?.method).toBe(recorded.request.method);
      expect(seen?.path?.split("?")[0]).toBe(path.split("?")[0]);
    }
  }
  const failureOf = (name: string, call: (ids: { job: string; trigger: string }) => Promise<unknown>) =>
    replay(name, call).then(
      () => expect.unreachable(`${name} did not fail`),
      (error: unknown) => {
        expect(error).toBeInstanceOf(FlinkRestError);
        return error as FlinkRestError;
      },
    );
  const inRecordings = (pattern: RegExp) => [...recordings.keys()].filter((name) => pattern.test(name));

  it("config", async () => {
    expect((await replay("config", () => rest.config(at))).flinkVersion).toBe(version);
  });

  it("jobs", async () => {
    expect(await replay("jobs-overview-empty", () => rest.jobs(at))).toEqual([]);
    const running = (await replay("jobs-overview-running", () => rest.jobs(at)))[0];
    expect(running).toMatchObject({ name: "stateful-demo", state: "RUNNING", endTime: -1 });
    expect(running?.startTime).toBeGreaterThan(1_700_000_000_000);
    expect(running?.tasks).toMatchObject({ running: 4, total: 4 });
    for (const [name, state] of [
      ["finished", "FINISHED"],
      ["canceled", "CANCELED"],
      ["failed", "FAILED"],
    ]) {
      const jobs = await replay(`jobs-overview-${name}`, () => rest.jobs(at));
      expect(jobs.map((job) => job.state)).toContain(state);
    }
  });

  it("task managers", async () => {
    const [taskManager] = await replay("taskmanagers", () => rest.taskManagers(at));
    expect(taskManager).toMatchObject({ slots: 4, freeSlots: 4, id: expect.stringMatching(/.+/) });
  });

  it("metrics: collected, or none yet", async () => {
    const metrics = await replay("job-metrics", ({ job }) => rest.metrics(at, job));
    expect([undefined, 0]).toContain(metrics.restarts);
  });

  it("checkpoints", async () => {
    const running = await replay("job-checkpoints", ({ job }) => rest.checkpoints(at, job));
    expect(running?.completedCount).toBeGreaterThan(0);
    expect(running?.latestCompleted?.externalPath).toMatch(/^file:\/.*\/chk-\d+$/);
    expect(running?.latestSavepoint).toBeUndefined();
    const { timestamp = 0, completedAt = 0 } = running?.latestCompleted ?? {};
    expect(completedAt).toBeGreaterThan(timestamp);

    // Recorded right after a savepoint was COMPLETED: Flink's cache does not have it yet.
    const early = await replay("checkpoints-after-savepoint", ({ job }) => rest.checkpoints(at, job));
    expect(early?.latestSavepoint).toBeUndefined();

    const finished = await replay("checkpoints-finished", ({ job }) => rest.checkpoints(at, job));
    expect(finished?.latestSavepoint).toMatchObject({
      isSavepoint: true,
      discarded: false,
      externalPath: expect.stringMatching(/^file:\/.*\/savepoint-/),
      stateSize: expect.any(Number),
    });

    const restored = await replay("checkpoints-restored", ({ job }) => rest.checkpoints(at, job));
    expect(restored?.latestRestored).toMatchObject({
      isSavepoint: true,
      timestamp: expect.any(Number),
      stateSize: undefined,
    });
    expect(restored?.latestCompleted?.id).toBeGreaterThan(restored?.latestRestored?.id ?? Infinity);

    const off = await replay("checkpoints-not-enabled", ({ job }) => rest.checkpoints(at, job));
    expect(off === undefined || off.latestCompleted === undefined).toBe(true);

    expect(await failureOf("job-checkpoints-unknown", ({ job }) => rest.checkpoints(at, job))).toMatchObject({
      kind: "answered",
      status: 404,
      message: expect.stringMatching(
        /^HTTP 404: org\.apache\.flink\.runtime\.rest\.NotFoundException: Job f{32} not found/,
      ),
    });
  });

  it("job results", async () => {
    expect(
      await replay("job-execution-result-running", ({ job }) => rest.jobResult(at, job)),
    ).toBeUndefined();
    expect(await replay("job-execution-result-finished", ({ job }) => rest.jobResult(at, job))).toEqual({
      status: "SUCCEEDED",
      failure: undefined,
    });
    expect(await replay("job-execution-result-canceled", ({ job }) => rest.jobResult(at, job))).toMatchObject(
      {
        status: "CANCELED",
      },
    );
    const failed = await replay("job-execution-result-failed", ({ job }) => rest.jobResult(at, job));
    expect(failed).toMatchObject({
      status: "FAILED",
      failure: { className: "org.apache.flink.runtime.JobException" },
    });
    expect(failed?.failure?.stackTrace).toContain("Caused by: java.lang.RuntimeException: boom at 50");
  });

  it("exceptions", async () => {
    expect(await replay("job-exceptions-none", ({ job }) => rest.exceptions(at, job, 10))).toEqual([]);
    const [newest] = await replay("job-exceptions-restarting", ({ job }) => rest.exceptions(at, job, 10));
    expect(newest).toMatchObject({
      name: "java.lang.RuntimeException",
      stackTrace: expect.stringMatching(/^java\.lang\.RuntimeException: boom/),
      timestamp: expect.any(Number),
      failureLabels: {},
    });
    expect(await replay("job-exceptions-failed", ({ job }) => rest.exceptions(at, job, 1))).toHaveLength(1);
  });

  it("savepoints and stops, from trigger to location", async () => {
    const triggerIdOf = (name: string): string =>
      (recordings.get(name)?.response.body as { "request-id": string } | undefined)?.["request-id"] ?? "";
    const request = { targetDirectory: "file:///sp", formatType: "NATIVE" } as const;
    for (const name of inRecordings(/^savepoint-trigger-(CANONICAL|NATIVE)$/)) {
      await replay(name, ({ job }) =>
        rest.triggerSavepoint(at, job, { ...request, triggerId: triggerIdOf(name) }),
      );
    }
    for (const name of ["stop-with-savepoint", "stop-with-savepoint-on-restarting"]) {
      await replay(name, ({ job }) =>
        rest.stopWithSavepoint(at, job, { ...request, drain: false, triggerId: triggerIdOf(name) }),
      );
    }
    const finals = inRecordings(/^(savepoint-status-(CANONICAL|NATIVE)|stop-with-savepoint-status)-final$/);
    expect(finals).toHaveLength(3);
    for (const name of finals) {
      expect(await replay(name, ({ job, trigger }) => rest.savepointStatus(at, job, trigger))).toMatchObject({
        state: "completed",
        location: expect.stringMatching(/^file:\/.*savepoint-/),
      });
    }
    expect(
      await replay("savepoint-status-failed-final", ({ job, trigger }) =>
        rest.savepointStatus(at, job, trigger),
      ),
    ).toMatchObject({
      state: "failed",
      failure: { stackTrace: expect.stringContaining("CheckpointException") },
    });
    expect(
      await replay("savepoint-status-unknown-trigger", ({ job, trigger }) =>
        rest.savepointStatus(at, job, trigger),
      ),
    ).toEqual({ state: "unknown" });
  });

  it("reads every recorded status of a savepoint", async () => {
    for (const name of inRecordings(/^(savepoint|stop-with-savepoint)-status-.*(inprogress|final)$/)) {
      const status = await replay(name, ({ job, trigger }) => rest.savepointStatus(at, job, trigger));
      expect(["in-progress", "completed", "failed"]).toContain(status.state);
    }
  });

  // Flink takes a checkpoint on request since 1.17.
  if (!version.startsWith("1.16")) {
    it("checkpoints, from trigger to path", async () => {
      const given = recordings.get("checkpoint-trigger")?.response.body as
        | { "request-id": string }
        | undefined;
      const triggerId = given?.["request-id"] ?? "";
      await replay("checkpoint-trigger", ({ job }) =>
        rest.triggerCheckpoint(at, job, { triggerId, checkpointType: "FULL" }),
      );
      const status = (name: string) =>
        replay(name, ({ job, trigger }) => rest.checkpointStatus(at, job, trigger));
      expect(await status("checkpoint-status-inprogress")).toEqual({ state: "in-progress" });
      expect(await status("checkpoint-status-final")).toEqual({
        state: "completed",
        checkpointId: expect.any(Number),
      });
      expect(await status("checkpoint-status-unknown-trigger")).toEqual({ state: "unknown" });
      const detailsOf = (name: string) => {
        const id = Number(recordings.get(name)?.request.path.split("/").at(-1));
        return replay(name, ({ job }) => rest.checkpointPath(at, job, id));
      };
      expect(await detailsOf("checkpoint-detail-completed")).toMatch(/^file:\/.*\/chk-\d+$/);
      expect(await detailsOf("checkpoint-detail-unknown")).toBeUndefined();
    });
  }

  it("the disposal of a savepoint", async () => {
    const path = "file:/data/savepoint";
    expect(await replay("savepoint-disposal", () => rest.disposeSavepoint(at, path))).toMatch(
      /^[0-9a-f]{32}$/,
    );
    const statusOf = (name: string) => {
      const id = recordings.get(name)?.request.path.split("/").at(-1) ?? "";
      return replay(name, () => rest.disposalStatus(at, id));
    };
    expect(await statusOf("savepoint-disposal-status-final")).toEqual({ state: "completed" });
    expect(await statusOf("savepoint-disposal-missing-status-final")).toMatchObject({
      state: "failed",
      failure: { stackTrace: expect.stringContaining("FileNotFoundException") },
    });
  });

  it("cancel", async () => {
    const cancel = ({ job }: { job: string }) => rest.cancel(at, job);
    expect(await replay("cancel-running-job", cancel)).toBe("accepted");
    expect(await replay("cancel-canceled-job", cancel)).toBe("accepted");
    expect(await replay("cancel-finished-job", cancel)).toBe("ended");
    expect(await replay("cancel-unknown-job", cancel)).toBe("missing");
  });

  it("jars: uploaded, run once, deleted", async () => {
    const jar = { name: "stateful-demo.jar", size: 2, body: bytes("PK") };
    expect(await replay("jar-upload", () => rest.uploadJar(at, jar))).toMatch(
      /^[0-9a-f-]{36}_stateful-demo\.jar$/,
    );
    const operatorBody = recordings.get("jar-run-operator-body")?.request.body as Record<string, unknown>;
    const run = (jobId: string) => (_: unknown, jarId: string) =>
      rest.runJar(at, jarId, {
        flinkVersion: `v${version.split(".").slice(0, 2).join("_")}` as FlinkVersion,
        jobId,
        entryClass: "demo.StatefulJob",
        programArgs: ["--sleep", "20", "--checkpoint", "1000"],
        parallelism: 2,
        savepointPath: "file:/sp",
        flinkConfiguration: { "pipeline.name": "renamed-by-conf" },
      });
    const jobId = String(operatorBody.jobId);
    const replayRun = (name: string) =>
      replay(name, (ids) => run(jobId)(ids, jarIdOf(recordings.get(name)?.request.path)));

    expect(await replayRun("jar-run-operator-body")).toBe("accepted");
    const claim =
      "claimMode" in operatorBody && operatorBody.claimMode !== null ? "claimMode" : "restoreMode";
    const fields = Object.keys(JSON.parse(seen?.body ?? "{}"));
    expect(fields).toContain(claim);
    expect(fields.includes("flinkConfiguration")).toBe("flinkConfiguration" in operatorBody);
    expect(Object.keys(operatorBody)).toEqual(expect.arrayContaining(fields));

    expect(await replayRun("jar-run-same-jobid-again")).toBe("duplicate");
    expect(
      await failureOf("jar-run-unknown-jar", (ids) =>
        run(jobId)(ids, jarIdOf(recordings.get("jar-run-unknown-jar")?.request.path)),
      ),
    ).toMatchObject({ status: 500, message: expect.stringMatching(/Jar file .* does not exist/) });
    expect(
      await failureOf("jar-run-bad-entryclass", (ids) =>
        run(jobId)(ids, jarIdOf(recordings.get("jar-run-bad-entryclass")?.request.path)),
      ),
    ).toMatchObject({ status: 500, message: expect.stringContaining("'no.Such' was not found") });

    for (const name of ["jar-delete", "jar-delete-missing"]) {
      await replay(name, () => rest.deleteJar(at, jarIdOf(recordings.get(name)?.request.path)));
    }
  });

  it("shortens every recorded error to one line", async () => {
    const errors = [...recordings].filter(([, { response }]) => response.status >= 400);
    expect(errors.length).toBeGreaterThan(5);
    for (const [name, recording] of errors) {
      recorded = recording;
      const error = await rest.config(at).then(
        () => expect.unreachable(),
        (reason: FlinkRestError) => reason,
      );
      expect(error.status).toBe(recording.response.status);
      expect(error.message, name).toMatch(/^HTTP \d{3}: .{10,520}$/);
      expect(error.message, name).not.toMatch(/\tat |Exception on server side|Internal server error/);
    }
  });
});
