import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { ArtifactSettings } from "../../api/artifactSettings.ts";
import type { Submission } from "../../api/flinkFacts.ts";
import { type FlinkRest, FlinkRestError, type RestEndpoint } from "../api.ts";
import { createFlinkClient } from "../client.ts";
import { ArtifactError } from "./api.ts";
import { artifactsWith, serve } from "./source.fixture.ts";
import { checkScript, fetchJar, submitJar } from "./submitJar.ts";

const at: RestEndpoint = { host: "jobmanager", port: 8081 };
const run = { flinkVersion: "v2_3", jobId: "j1", programArgs: [], flinkConfiguration: {} } as const;
const jar = `PK${"x".repeat(998)}`;

let calls: string[];
let uploaded: string;
beforeEach(() => {
  calls = [];
  uploaded = "";
});

/** A JobManager that accepts everything, unless a test overrides it. */
const jobManager = (over: Partial<FlinkRest> = {}): FlinkRest =>
  ({
    async uploadJar(_: RestEndpoint, { name, body }: Parameters<FlinkRest["uploadJar"]>[1]) {
      calls.push(`upload ${name}`);
      for await (const chunk of body) uploaded += Buffer.from(chunk).toString("latin1");
      return "id.jar";
    },
    async runJar(_: RestEndpoint, id: string, { jobId }: typeof run) {
      calls.push(`run ${id} as ${jobId}`);
      return "accepted";
    },
    deleteJar: async (_: RestEndpoint, id: string) => void calls.push(`delete ${id}`),
    ...over,
  }) as FlinkRest;

const submit = (
  rest: FlinkRest,
  over: Partial<Submission> & { jarURI: string | undefined },
  endpoint = at,
  signal = new AbortController().signal,
) =>
  submitJar(
    rest,
    artifactsWith(),
    endpoint,
    { run, headers: new Map(), deadlineMs: 20_000, ...over },
    signal,
  );

const source = () => serve((_, response) => response.end(jar));

describe("the check of a script", () => {
  const ownJar = { name: "flink-sql-runner.jar", base64: Buffer.from("PK-runner").toString("base64") };
  const submission = { jarURI: undefined, ownJar, run, headers: new Map(), deadlineMs: 20_000 };

  it("uploads the runner, resolves to the answer, and starts nothing", async () => {
    const rest = jobManager({ checkScript: async (_, id, { jobId }) => `${id} checked as ${jobId}` });
    expect(await checkScript(rest, at, submission, new AbortController().signal)).toBe(
      "id.jar checked as j1",
    );
    expect(calls).toEqual(["upload flink-sql-runner.jar", "delete id.jar"]);
  });

  it("deletes the runner, also where there is no answer", async () => {
    const failing = jobManager({ checkScript: () => Promise.reject(new FlinkRestError(0, "timeout", "t")) });
    await expect(checkScript(failing, at, submission, new AbortController().signal)).rejects.toThrow("t");
    expect(calls).toEqual(["upload flink-sql-runner.jar", "delete id.jar"]);
  });
});

it("checks no script any more that is not wanted when the runner is there", async () => {
  const rest = jobManager({ checkScript: () => Promise.reject(new Error("checked")) });
  const submission = { jarURI: undefined, run, headers: new Map(), deadlineMs: 20_000 };
  const late = new FlinkRestError(0, "timeout", "late");
  await expect(checkScript(rest, at, submission, AbortSignal.abort(late))).rejects.toThrow("late");
});

describe("a jar's submission", () => {
  it("uploads the operator's own jar, where there is one", async () => {
    const ownJar = { name: "flink-sql-runner.jar", base64: Buffer.from("PK-runner").toString("base64") };
    await submit(jobManager(), { jarURI: undefined, ownJar });
    expect(calls).toEqual(["upload flink-sql-runner.jar", "run id.jar as j1", "delete id.jar"]);
    expect(uploaded).toBe("PK-runner");
  });

  it("uploads, runs and deletes", async () => {
    await submit(jobManager(), { jarURI: `${(await source()).url}/job.jar` });
    expect(calls).toEqual(["upload job.jar", "run id.jar as j1", "delete id.jar"]);
    expect(uploaded).toBe(jar);
  });

  it("is idempotent", async () => {
    await submit(jobManager({ runJar: async () => "duplicate" }), {
      jarURI: `${(await source()).url}/job.jar`,
    });
    expect(calls).toEqual(["upload job.jar", "delete id.jar"]);
  });

  it("without a jar uploads an empty one", async () => {
    await submit(jobManager(), { jarURI: undefined });
    expect(calls).toEqual(["upload empty.jar", "run id.jar as j1", "delete id.jar"]);
    expect(uploaded).toBe(`PK\u0005\u0006${"\0".repeat(18)}`);
  });

  it("deletes the jar also if its run fails", async () => {
    const failure = new FlinkRestError(500, "answered", "no such class");
    const rest = jobManager({ runJar: () => Promise.reject(failure) });
    await expect(submit(rest, { jarURI: undefined })).rejects.toBe(failure);
    expect(calls).toEqual(["upload empty.jar", "delete id.jar"]);
  });

  it("succeeds if only the deletion fails", async () => {
    const rest = jobManager({ deleteJar: () => Promise.reject(new FlinkRestError(0, "refused", "gone")) });
    await submit(rest, { jarURI: undefined });
    expect(calls).toEqual(["upload empty.jar", "run id.jar as j1"]);
  });

  it("runs nothing after an abort", async () => {
    const abort = new AbortController();
    const rest = jobManager({
      async uploadJar() {
        abort.abort();
        return "id.jar";
      },
    });
    await expect(submit(rest, { jarURI: undefined }, at, abort.signal)).rejects.toThrow(
      "not wanted any more",
    );
    expect(calls).toEqual(["delete id.jar"]);
  });
});

/** A JobManager's server that reads an upload only as far as the test says. */
async function slowJobManager() {
  let uploaded = false;
  let received = 0;
  let proceed = () => {};
  const server = createServer((request, response) => {
    request.on("error", () => {});
    request.on("close", () => {
      uploaded ||= request.complete;
    });
    proceed = () => {
      request.on("data", (chunk: Buffer) => {
        received += chunk.length;
      });
      request.on("end", () => response.end(JSON.stringify({ filename: "/x/id.jar", jobid: "j1" })));
    };
    if (request.method !== "POST" || !request.url?.startsWith("/jars/upload")) proceed();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const rest = createFlinkClient();
  onTestFinished(async () => {
    await rest.close();
    server.closeAllConnections();
    server.close();
  });
  const endpoint = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
  return { rest, endpoint, proceed: () => proceed(), received: () => received, uploaded: () => uploaded };
}

describe("an upload by the real client", () => {
  it("applies backpressure: the source waits while the JobManager does not read", async () => {
    const size = 48 * 1_024 * 1_024;
    const piece = Buffer.alloc(64 * 1_024, "x");
    piece.write("PK");
    const to = await slowJobManager();
    let sent = 0;
    let mostOnItsWay = 0;
    const from = await serve((_, response) => {
      response.writeHead(200, { "content-length": size });
      const more = () => {
        while (sent < size) {
          sent += piece.length;
          mostOnItsWay = Math.max(mostOnItsWay, sent - to.received());
          if (!response.write(piece)) return response.once("drain", more);
        }
        return response.end();
      };
      more();
    });
    const maxBytes = size;
    const artifacts = artifactsWith({ maxBytes, deadlineMs: 60_000 });
    const { signal } = new AbortController();
    const submission = { jarURI: `${from.url}/job.jar`, run, headers: new Map(), deadlineMs: 60_000 };
    const submitted = submitJar(to.rest, artifacts, to.endpoint, submission, signal);
    // Until nothing moves any more: three equal samples in a row.
    const seen: number[] = [];
    await vi.waitUntil(
      () => {
        seen.push(sent);
        return sent > 0 && seen.length > 3 && seen.slice(-3).every((each) => each === sent);
      },
      { interval: 100, timeout: 10_000 },
    );
    to.proceed();
    await submitted;
    // The bytes in sockets and in this process, at any moment.
    expect(mostOnItsWay).toBeLessThan(24 * 1_024 * 1_024);
    expect(to.received()).toBeGreaterThan(size);
  });

  it("of a jar with a wrong checksum fails", async () => {
    const to = await slowJobManager();
    const uri = `${(await source()).url}/job.jar#sha256=${"0".repeat(64)}`;
    const submitted = submitJar(
      to.rest,
      artifactsWith(),
      to.endpoint,
      { jarURI: uri, headers: new Map(), run, deadlineMs: 20_000 },
      new AbortController().signal,
    );
    await expect(submitted).rejects.toSatisfy(
      (error) => error instanceof ArtifactError && error.code === "wrong-checksum",
    );
    await to.rest.close();
    expect(to.uploaded()).toBe(false);
  });
});

describe("a jar that is only fetched", () => {
  const fetched = (jarURI: string | undefined) =>
    fetchJar(
      artifactsWith(),
      { jarURI, run, headers: new Map(), deadlineMs: 20_000 },
      new AbortController().signal,
    );

  it("is read to its last byte, without a request to a JobManager", async () => {
    let sent = false;
    const { url } = await serve((_, response) => response.end(jar, () => (sent = true)));
    await expect(fetched(`${url}/job.jar`)).resolves.toBeUndefined();
    expect(sent).toBe(true);
    expect(calls).toEqual([]);
  });

  it("fails with the error of the jar, also at its end", async () => {
    const { url } = await serve((_, response) => response.end(jar));
    await expect(fetched(`${url}/job.jar#sha256=${"0".repeat(64)}`)).rejects.toMatchObject({
      code: "wrong-checksum",
    });
    const { url: nowhere } = await serve((_, response) => void response.writeHead(404).end());
    await expect(fetched(`${nowhere}/job.jar`)).rejects.toMatchObject({ code: "not-found" });
  });

  it("of an application fails for what its pods cannot have, before what only the operator cannot", async () => {
    const statuses: Record<string, number> = { "/denied.jar": 403, "/gone.jar": 404 };
    const { url } = await serve(({ url: path = "" }, response) =>
      statuses[path] === undefined
        ? void response.end(jar)
        : void response.writeHead(statuses[path] ?? 0).end(),
    );
    const tried = (...names: string[]) => {
      const jars = names.map((name) => ({ field: "spec.job.jars[0].uri", uri: `${url}/${name}.jar` }));
      const request = { jarURI: undefined, jars, run, headers: new Map(), deadlineMs: 20_000 };
      return fetchJar(artifactsWith(), request, new AbortController().signal);
    };
    await expect(tried("denied", "gone")).rejects.toMatchObject({ code: "not-found", doubt: undefined });
    await expect(tried("denied", "there")).rejects.toMatchObject({ code: "denied", doubt: "denied" });
    await expect(tried("there")).resolves.toBeUndefined();
  });

  it("of the running job is only begun", async () => {
    const { url } = await serve((_, response) => response.end(jar));
    const uri = `${url}/job.jar#sha256=${"0".repeat(64)}`;
    const tried = (more: object) => {
      const jars = [{ field: "spec.job.jars[0].uri", uri, ...more }];
      const request = { jarURI: undefined, jars, run, headers: new Map(), deadlineMs: 20_000 };
      return fetchJar(artifactsWith(), request, new AbortController().signal);
    };
    await expect(tried({})).rejects.toMatchObject({ code: "wrong-checksum" });
    await expect(tried({ isDeployed: true })).resolves.toBeUndefined();
  });

  it("need not exist if the job has no jar", () => expect(fetched(undefined)).resolves.toBeUndefined());
});

describe("a jar that changes between its fetch and its submission", () => {
  const other = `PK${"y".repeat(998)}`;
  const sha256 = createHash("sha256").update(jar).digest("hex");
  /** Fetches a jar, changes it at its source, submits it, and resolves to the result. */
  async function fetchedThenSubmitted(fragment: string, over: Partial<ArtifactSettings> = {}) {
    const { url } = await serve((_, response, count) => response.end(count === 1 ? jar : other));
    const submission = { jarURI: `${url}/job.jar${fragment}`, run, headers: new Map(), deadlineMs: 20_000 };
    const artifacts = artifactsWith(over);
    const { signal } = new AbortController();
    await fetchJar(artifacts, submission, signal);
    return submitJar(jobManager(), artifacts, at, submission, signal);
  }

  it("is submitted in the new version without a checksum", async () => {
    await fetchedThenSubmitted("");
    expect(calls).toEqual(["upload job.jar", "run id.jar as j1", "delete id.jar"]);
    expect(uploaded).toBe(other);
  });

  it("is refused by its checksum, and not run", async () => {
    await expect(fetchedThenSubmitted(`#sha256=${sha256}`)).rejects.toMatchObject({
      code: "wrong-checksum",
      message: expect.stringMatching(new RegExp(`^spec.job.jarURI .* and spec.job.jarURI says ${sha256}: `)),
    });
    expect(calls.filter((call) => call.startsWith("run"))).toEqual([]);
  });

  it("is submitted from the cache if the version with the checksum is cached", async () => {
    const directory = mkdtempSync(join(tmpdir(), "jars-"));
    await fetchedThenSubmitted(`#sha256=${sha256}`, { directory, cacheBytes: 100_000 });
    expect(uploaded).toBe(jar);
  });
});
