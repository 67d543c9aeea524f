import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FlinkRestError, type RestEndpoint } from "./api.ts";
import { createFlinkClient } from "./client.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

async function serve(handler: Handler): Promise<RestEndpoint & { server: Server }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    handler(request, response, Buffer.concat(chunks).toString());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

const answer = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { "content-type": "application/json; charset=UTF-8" }).end(JSON.stringify(body));

function client(options: Parameters<typeof createFlinkClient>[0] = {}) {
  const made = createFlinkClient(options);
  cleanups.push(() => made.close());
  return made;
}

const failure = async (promise: Promise<unknown>): Promise<FlinkRestError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FlinkRestError);
  return error as FlinkRestError;
};

describe("the application of a cluster (Flink 2.3)", () => {
  const serving = (status: string, entries: unknown[]) =>
    serve((request, response) =>
      answer(
        response,
        200,
        request.url === "/applications/overview"
          ? { applications: [{ id: "0a", name: "Main", status, jobs: { CANCELED: 1 } }] }
          : { exceptionHistory: request.url === "/applications/0a/exceptions" ? { entries } : undefined },
      ),
    );
  const entry = { exceptionName: "a.B", stacktrace: "a.B: c", timestamp: 1, jobId: null };

  it.each([
    ["RUNNING", [], undefined],
    ["CANCELED", [], undefined],
    ["FAILING", [], {}],
    ["FAILED", [entry], { failure: { className: "a.B", stackTrace: "a.B: c" } }],
    ["FAILED", [], { failure: { className: expect.stringMatching(/ApplicationExecutionException$/) } }],
  ])("is %s", async (status, entries, expected) => {
    const found = await client().failedApplication(await serving(status, entries));
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });
});

describe("a JobManager with wrong or missing responses", () => {
  it("refuses the connection", async () => {
    const at = await serve(() => {});
    await new Promise((resolve) => at.server.close(resolve));
    expect(await failure(client().jobs(at))).toMatchObject({ kind: "refused", status: 0 });
  });

  it("has a host name that does not resolve", async () => {
    expect(await failure(client().jobs({ host: "no-such-name.invalid", port: 8081 }))).toMatchObject({
      kind: "refused",
    });
  });

  it("accepts the connection and sends nothing", async () => {
    const at = await serve(() => {});
    const error = await failure(client({ deadlineMs: 60 }).jobs(at));
    expect(error).toMatchObject({ kind: "timeout", status: 0, message: "no answer within 60 ms" });
  });

  it("starts a response and stops", async () => {
    const at = await serve((_, response) => {
      response.writeHead(200).write('{"jobs":');
    });
    expect(await failure(client({ deadlineMs: 60 }).jobs(at))).toMatchObject({ kind: "timeout" });
  });

  it("holds both connections: the third call times out as well", async () => {
    const at = await serve(() => {});
    const rest = client({ deadlineMs: 60 });
    const errors = await Promise.all([rest.jobs(at), rest.config(at), rest.taskManagers(at)].map(failure));
    expect(errors.map((error) => error.kind)).toEqual(["timeout", "timeout", "timeout"]);
  });

  it("breaks the connection in the middle", async () => {
    const at = await serve((_, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write('{"jobs":[]', () => response.destroy());
    });
    expect(await failure(client().jobs(at))).toMatchObject({ kind: "broken", status: 0 });
  });

  it("closes the connection without a response", async () => {
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => {
      sockets.add(socket);
      socket.once("data", () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => server.close());
    const port = (server.address() as AddressInfo).port;
    expect(await failure(client().config({ host: "127.0.0.1", port }))).toMatchObject({ kind: "broken" });
  });

  it("responds with something other than JSON", async () => {
    const at = await serve((_, response) => response.writeHead(200).end("<html>no Flink here</html>"));
    const error = await failure(client().config(at));
    expect(error).toMatchObject({ kind: "broken" });
    expect(error.message).toContain("no Flink here");
  });

  it("responds without end", async () => {
    const at = await serve((_, response) => {
      response.writeHead(200);
      const more = () => {
        if (!response.destroyed) {
          response.write(" ".repeat(16_384), more);
        }
      };
      more();
    });
    const error = await failure(client({ maxBodyBytes: 100_000 }).jobs(at));
    expect(error).toMatchObject({ kind: "broken", message: "the answer is larger than 100000 bytes" });
  });

  it("responds with an unknown job state", async () => {
    const at = await serve((_, response) => answer(response, 200, { jobs: [{ jid: "a", state: "NEW" }] }));
    expect((await failure(client().jobs(at))).message).toBe('unknown job state "NEW"');
  });

  it("responds with an error that has not Flink's format", async () => {
    const at = await serve((_, response) => response.writeHead(502).end("Bad gateway\nfrom a proxy"));
    expect(await failure(client().jobs(at))).toMatchObject({
      kind: "answered",
      status: 502,
      message: "HTTP 502: Bad gateway",
    });
  });

  it("is behind a proxy that does not find it: nothing is known of the job or jar", async () => {
    const words = "The requested resource could not be found: it does not exist";
    for (const body of [words, JSON.stringify({ message: words }), JSON.stringify({ errors: [words] })]) {
      const at = await serve((_, response) => response.writeHead(404).end(body));
      expect(await failure(client().cancel(at, "j"))).toMatchObject({ kind: "answered", status: 404 });
      expect(await failure(client().savepointStatus(at, "j", "t"))).toMatchObject({ status: 404 });
    }
    const at = await serve((_, response) => response.writeHead(400).end(words));
    expect(await failure(client().deleteJar(at, "a.jar"))).toMatchObject({ kind: "answered", status: 400 });
  });
});

describe("requests", () => {
  it("have our trigger id, and the directory under the name of each call", async () => {
    const seen: unknown[] = [];
    const at = await serve((request, response, body) => {
      seen.push([request.method, request.url, JSON.parse(body)]);
      answer(response, 202, { "request-id": JSON.parse(body).triggerId });
    });
    const rest = client();
    await rest.stopWithSavepoint(at, "j", {
      triggerId: "t1",
      targetDirectory: "s3://b/sp",
      formatType: "CANONICAL",
      drain: true,
    });
    await rest.triggerSavepoint(at, "j", {
      triggerId: "t2",
      targetDirectory: undefined,
      formatType: "NATIVE",
    });
    await rest.triggerCheckpoint(at, "j", { triggerId: "t3", checkpointType: "FULL" });
    await rest.triggerCheckpoint(at, "j", { triggerId: "t4", checkpointType: "INCREMENTAL" });
    expect(seen).toEqual([
      [
        "POST",
        "/jobs/j/stop",
        { targetDirectory: "s3://b/sp", drain: true, formatType: "CANONICAL", triggerId: "t1" },
      ],
      [
        "POST",
        "/jobs/j/savepoints",
        { "target-directory": null, "cancel-job": false, formatType: "NATIVE", triggerId: "t2" },
      ],
      ["POST", "/jobs/j/checkpoints", { checkpointType: "FULL", triggerId: "t3" }],
      ["POST", "/jobs/j/checkpoints", { checkpointType: "CONFIGURED", triggerId: "t4" }],
    ]);
  });

  it("fail if the JobManager returns another trigger id", async () => {
    const at = await serve((_, response) => answer(response, 202, { "request-id": "other" }));
    const stop = { triggerId: "t1", targetDirectory: undefined, formatType: "NATIVE", drain: false } as const;
    expect((await failure(client().stopWithSavepoint(at, "j", stop))).kind).toBe("broken");
  });

  it("share few connections", async () => {
    let connections = 0;
    const at = await serve((_, response) => answer(response, 200, { jobs: [] }));
    at.server.on("connection", () => {
      connections += 1;
    });
    const rest = client();
    for (let i = 0; i < 10; i += 1) {
      await Promise.all([rest.jobs(at), rest.jobs(at), rest.jobs(at)]);
    }
    expect(connections).toBe(2);
  });
});

describe("the upload of a jar", () => {
  async function* inPieces(...pieces: string[]): AsyncIterable<Uint8Array> {
    for (const piece of pieces) yield Buffer.from(piece);
  }
  const uploaded = { filename: "/tmp/flink-web-upload/0a_job.jar", status: "success" };

  it.each([
    ["of known size", 6],
    ["of unknown size", undefined],
  ])("%s is one form with one file", async (_, size) => {
    let sent = new Response();
    let length: string | undefined;
    const at = await serve((request, response, body) => {
      length = request.headers["content-length"];
      sent = new Response(body, { headers: { "content-type": request.headers["content-type"] ?? "" } });
      answer(response, 200, uploaded);
    });
    const id = await client().uploadJar(at, { name: 'a "job".jar', size, body: inPieces("PK", "", "1234") });
    expect(id).toBe("0a_job.jar");
    const form = (await sent.formData()).get("jarfile");
    expect(form).toMatchObject({ name: "a__job_.jar", type: "application/x-java-archive" });
    expect(await (form as File).text()).toBe("PK1234");
    expect(length === undefined).toBe(size === undefined);
  });

  it("may take longer than other calls, and does not delay them", async () => {
    const held: ServerResponse[] = [];
    const at = await serve((request, response) => {
      if (request.method === "GET") answer(response, 200, { jobs: [] });
      else held.push(response);
    });
    const rest = client({ deadlineMs: 1_000, connectionsPerJobManager: 1 });
    const uploads = [1, 2].map(() =>
      rest.uploadJar(at, { name: "a.jar", size: 1, body: inPieces("1") }, 60_000),
    );
    await vi.waitUntil(() => held.length === 1);
    expect(await rest.jobs(at)).toEqual([]);
    for (const done of [1, 2]) {
      await vi.waitUntil(() => held.length === done);
      answer(held[done - 1] as ServerResponse, 200, uploaded);
    }
    expect(await Promise.all(uploads)).toEqual(["0a_job.jar", "0a_job.jar"]);
  });

  it("is aborted at its deadline", async () => {
    const at = await serve(() => {});
    const jar = { name: "a.jar", size: 1, body: inPieces("1") };
    expect(await failure(client().uploadJar(at, jar, 60))).toMatchObject({ kind: "timeout" });
  });

  it("fails if the jar's body fails, with that error as the cause", async () => {
    const at = await serve((_, response) => answer(response, 200, uploaded));
    const lost = new Error("the source is gone");
    const body = (async function* () {
      yield Buffer.from("PK");
      throw lost;
    })();
    const error = await failure(client().uploadJar(at, { name: "a.jar", size: undefined, body }));
    expect(error).toMatchObject({ kind: "broken", message: "the source is gone", cause: lost });
  });
});

describe("a jar run", () => {
  const run = { flinkVersion: "v2_3", jobId: "j1", programArgs: [], flinkConfiguration: {} } as const;

  it("fails if the JobManager starts a job with another id", async () => {
    const at = await serve((_, response) => answer(response, 200, { jobid: "other" }));
    expect((await failure(client().runJar(at, "a.jar", run))).message).toContain("the id other");
  });

  it("omits fields without a value", async () => {
    const seen: unknown[] = [];
    const at = await serve((request, response, body) => {
      seen.push(request.url, JSON.parse(body));
      answer(response, 200, { jobid: "j1" });
    });
    await client().runJar(at, "a b.jar", run);
    expect(seen).toEqual([
      "/jars/a%20b.jar/run",
      { programArgsList: [], jobId: "j1", flinkConfiguration: {} },
    ]);
  });
});

/** As recorded of 1.20.5 and 2.3.0. */
const thrownByMain = (exception: string) => [
  "Internal server error.",
  `<Exception on server side:
org.apache.flink.client.program.ProgramInvocationException: The main method caused an error: …
\tat org.apache.flink.client.program.PackagedProgram.callMainMethod(PackagedProgram.java:376)
Caused by: ${exception}

End of exception on server side>`,
];

describe("the check of a script", () => {
  const run = { jobId: "j1", entryClass: "SqlJob", programArgs: ["--check"] };

  it("asks for the plan of the program, and answers what that throws, whatever its length", async () => {
    const seen: unknown[] = [];
    const outcome = JSON.stringify({ checked: { running: [{ id: "a", description: "x".repeat(4_000) }] } });
    const at = await serve((request, response, body) => {
      seen.push(request.url, JSON.parse(body));
      answer(response, 500, { errors: thrownByMain(`flink.operator.sql.CheckAnswer: ${outcome}`) });
    });
    expect(await client().checkScript(at, "a b.jar", run)).toBe(outcome);
    expect(seen).toEqual([
      "/jars/a%20b.jar/plan",
      { entryClass: "SqlJob", programArgsList: ["--check"], jobId: "j1" },
    ]);
  });

  it.each([
    [500, { errors: thrownByMain("java.lang.OutOfMemoryError: Metaspace") }, "Metaspace"],
    [503, { errors: ["Service temporarily unavailable"] }, "temporarily unavailable"],
    [200, { plan: {} }, "checked no script"],
  ])("fails if Flink answers something else: %i", async (status, body, words) => {
    const at = await serve((_, response) => answer(response, status, body));
    expect((await failure(client().checkScript(at, "a.jar", run))).message).toContain(words);
  });
});

describe("connections", () => {
  const noJobs = (_: IncomingMessage, response: ServerResponse) => answer(response, 200, { jobs: [] });
  const open = ({ server }: { server: Server }) =>
    new Promise<number>((resolve) => server.getConnections((_, number) => resolve(number)));
  /** As Flink, it does not say how long it keeps a connection. */
  const serveLikeFlink = async (handler: Handler) => {
    const at = await serve(handler);
    at.server.keepAliveTimeout = 0;
    return at;
  };

  it("are kept between two polls", async () => {
    const at = await serveLikeFlink(noJobs);
    let connections = 0;
    at.server.on("connection", () => {
      connections += 1;
    });
    const rest = client();
    await rest.jobs(at);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await rest.jobs(at);
    expect(connections).toBe(1);
  });

  it("that have idled longest are closed beyond a number", async () => {
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => serveLikeFlink(noJobs)));
    if (first === undefined || second === undefined || third === undefined) throw new Error("no servers");
    const rest = client({ idleConnections: 2 });
    // The first is used again, so the second has idled longest.
    for (const at of [first, second, first, third]) await rest.jobs(at);
    await vi.waitUntil(async () => (await open(second)) === 0, { timeout: 10_000 });
    expect([await open(first), await open(third)]).toEqual([1, 1]);
  });

  it("that the JobManager closes as a question comes are replaced, and the question is asked again", async () => {
    const asked = new Map<Socket, number>();
    const at = await serveLikeFlink((request, response) => {
      const times = (asked.get(request.socket) ?? 0) + 1;
      asked.set(request.socket, times);
      if (times > 1) request.socket.destroy();
      else noJobs(request, response);
    });
    const rest = client();
    expect(await rest.jobs(at)).toEqual([]);
    expect(await rest.jobs(at)).toEqual([]);
    expect([...asked.values()]).toEqual([2, 1]);
    // Whether a JobManager has carried out what it did not answer is not known: an action is not sent twice.
    expect(await failure(rest.disposeSavepoint(at, "/savepoint"))).toMatchObject({ kind: "broken" });
    expect([...asked.values()]).toEqual([2, 2]);
  });
});

describe("metrics", () => {
  const metricsOf = async (body: unknown) => {
    const at = await serve((_, response) => answer(response, 200, body));
    return client().metrics(at, "j");
  };

  it("are unknown while Flink has not collected them", async () => {
    expect(await metricsOf([])).toEqual({ restarts: undefined, completedCheckpoints: undefined });
  });

  it("come in any order, as strings, with the older or the newer name of the restarts", async () => {
    const completed = { id: "numberOfCompletedCheckpoints", value: "6" };
    expect(
      await metricsOf([completed, { id: "numRestarts", value: "2" }, { id: "fullRestarts", value: "9" }]),
    ).toEqual({
      restarts: 2,
      completedCheckpoints: 6,
    });
    expect(await metricsOf([{ id: "fullRestarts", value: "9" }])).toMatchObject({ restarts: 9 });
  });

  it("that Flink cannot read are unknown", async () => {
    expect(await metricsOf([{ id: "numRestarts", value: "NaN" }])).toMatchObject({ restarts: undefined });
    expect(await metricsOf([{ id: "numRestarts", value: "" }])).toMatchObject({ restarts: undefined });
  });
});

describe("checkpoints", () => {
  it("are undefined if the default scheduler reports that checkpointing is off", async () => {
    const at = await serve((_, response) =>
      answer(response, 404, {
        errors: [
          "org.apache.flink.runtime.rest.handler.RestHandlerException: Checkpointing has not been enabled.\n\tat a.B.c(B.java:1)\n",
        ],
      }),
    );
    expect(await client().checkpoints(at, "j")).toBeUndefined();
  });
});

describe("a stop whose job failed after the savepoint", () => {
  it("has completed, with the savepoint's path", async () => {
    const message =
      "A savepoint has been created at: file:/sp/savepoint-1-2, but the corresponding job 00 failed during stopping. The savepoint is consistent, but might have uncommitted transactions.";
    const at = await serve((_, response) =>
      answer(response, 200, {
        status: { id: "COMPLETED" },
        operation: {
          "failure-cause": {
            class: "java.util.concurrent.CompletionException",
            "stack-trace": `java.util.concurrent.CompletionException: org.apache.flink.runtime.scheduler.stopwithsavepoint.StopWithSavepointStoppingException: ${message}\n\tat a.B.c(B.java:1)\nCaused by: org.apache.flink.runtime.scheduler.stopwithsavepoint.StopWithSavepointStoppingException: ${message}\n\t... 1 more\n`,
          },
        },
      }),
    );
    expect(await client().savepointStatus(at, "j", "t")).toEqual({
      state: "completed",
      location: "file:/sp/savepoint-1-2",
    });
  });
});

describe("a 404 that is not Flink's", () => {
  it("says nothing about a savepoint, a checkpoint or a disposal", async () => {
    const at = await serve((_, response) => {
      response.writeHead(404, { "content-type": "text/html" }).end("<h1>no such route</h1>");
    });
    const rest = client();
    for (const call of [
      rest.savepointStatus(at, "j", "t"),
      rest.checkpointStatus(at, "j", "t"),
      rest.checkpointPath(at, "j", 1),
      rest.checkpoints(at, "j"),
      rest.disposalStatus(at, "t"),
      rest.cancel(at, "j"),
    ])
      expect(await failure(call)).toMatchObject({ kind: "answered", status: 404 });
  });
});

describe("a disposal that the JobManager does not know", () => {
  it("is unknown", async () => {
    const key = "org.apache.flink.runtime.rest.handler.async.OperationKey@1f";
    const at = await serve((_, response) =>
      answer(response, 404, {
        errors: [
          `org.apache.flink.runtime.rest.NotFoundException: Operation not found under key: ${key}\n\tat a.B.c(B.java:1)\n`,
        ],
      }),
    );
    expect(await client().disposalStatus(at, "t")).toEqual({ state: "unknown" });
  });
});
