import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { goldenNames, readGolden } from "../../test/support/golden.ts";
import {
  type FailedApplication,
  type FlinkRest,
  FlinkRestError,
  type ResourceRequirements,
  type RestEndpoint,
} from "./api.ts";
import { createFlinkClient, type FlinkClient } from "./client.ts";

// Each call of the client gets any answer: any status with any body, the recorded answers of all versions, those of proxies,
// and answers that are too large, cut, or never end. For every call and answer:
//   - it resolves to what it declares, or rejects with a FlinkRestError that says in one line what the answer was;
//   - what Flink says of a trigger, job, checkpoint or jar that it does not know is told from every other error: only its
//     own words in its own form count, not those of a proxy;
//   - a body above the limit is refused;
//   - it ends within its deadline, and the next call has a connection.

const limit = 2_000;
const deadlineMs = 1_500;
const id = "0".repeat(32);

interface Answer {
  status: number;
  contentType: string;
  body: string;
  /** Whether the answer has a length, or comes in pieces of unknown number. */
  hasLength: boolean;
  /** "cut": in the middle. "stalls": never. "raw": the body is all that is sent, in place of HTTP. */
  end: "ends" | "cut" | "stalls" | "raw";
}

let answer: Answer;
const server = createServer(async (request, response) => {
  const { status, contentType, body, hasLength, end } = answer;
  if (end === "raw") {
    request.socket.end(body);
    return;
  }
  // An answer may come before the whole request.
  request.resume();
  const length = Buffer.byteLength(body) + (end === "ends" ? 0 : 10);
  response.on("error", () => {});
  response.writeHead(status, {
    "content-type": contentType,
    ...(hasLength ? { "content-length": String(length) } : {}),
  });
  const bytes = Buffer.from(body);
  const border = bytes.findIndex((byte) => byte > 127);
  if (end === "ends" && border >= 0) {
    // Two pieces, with the border in a character.
    response.write(bytes.subarray(0, border + 1));
    setTimeout(() => response.end(bytes.subarray(border + 1)), 2);
  } else if (end === "ends") {
    response.end(body);
  } else response.write(body === "" ? " " : body, () => end === "cut" && request.socket.destroy());
});
let at: RestEndpoint;
let rest: FlinkClient;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  at = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  // One connection: a call that keeps it lets the next one wait until its deadline.
  rest = createFlinkClient({ deadlineMs, maxBodyBytes: limit, connectionsPerJobManager: 1 });
  return () => rest.close();
});

/** Jars that are being read. */
let openJars = 0;
async function* jar(): AsyncGenerator<Uint8Array> {
  openJars += 1;
  try {
    yield Buffer.from("PK");
    yield Buffer.from("34");
  } finally {
    openJars -= 1;
  }
}

const trigger = { triggerId: id, targetDirectory: undefined, formatType: "NATIVE" } as const;
const isText = (value: unknown) => typeof value === "string";
const hasState = (value: unknown) =>
  ["unknown", "in-progress", "completed", "failed"].includes(String((value as { state?: unknown }).state));
const isNothing = (value: unknown) => value === undefined;
const all = (each: (value: never) => boolean) => (value: unknown) =>
  Array.isArray(value) && (value as never[]).every(each);

/** Each call, and what it may resolve to. */
const calls: {
  [Name in keyof FlinkRest]: {
    ask: () => ReturnType<FlinkRest[Name]>;
    declares: (value: unknown) => boolean;
  };
} = {
  config: {
    ask: () => rest.config(at),
    declares: (value) => isText((value as { flinkVersion: unknown }).flinkVersion),
  },
  jobs: {
    ask: () => rest.jobs(at),
    declares: all(({ id: job, state, startTime }: Record<string, unknown>) =>
      [isText(job), isText(state), typeof startTime === "number"].every(Boolean),
    ),
  },
  vertices: {
    ask: () => rest.vertices(at, id),
    declares: all(({ id: vertex, parallelism, running }: Record<string, unknown>) =>
      [isText(vertex), typeof parallelism === "number", typeof running === "number"].every(Boolean),
    ),
  },
  resourceRequirements: {
    ask: () => rest.resourceRequirements(at, id),
    declares: (value) =>
      value === undefined ||
      Object.values(value as ResourceRequirements).every(
        ({ parallelism }) => typeof parallelism.upperBound === "number",
      ),
  },
  updateResourceRequirements: {
    ask: () =>
      rest.updateResourceRequirements(at, id, { [id]: { parallelism: { lowerBound: 1, upperBound: 2 } } }),
    declares: isNothing,
  },
  checkpoints: {
    ask: () => rest.checkpoints(at, id),
    declares: (value) =>
      value === undefined || typeof (value as { completedCount: unknown }).completedCount === "number",
  },
  jobResult: {
    ask: () => rest.jobResult(at, id),
    declares: (value) => value === undefined || isText((value as { status: unknown }).status),
  },
  failedApplication: {
    ask: () => rest.failedApplication(at),
    declares: (value) =>
      value === undefined ||
      (value as FailedApplication).failure === undefined ||
      isText((value as FailedApplication).failure?.stackTrace),
  },
  exceptions: {
    ask: () => rest.exceptions(at, id, 3),
    declares: (value) =>
      (value as unknown[]).length <= 3 &&
      all(
        ({ timestamp, stackTrace }: Record<string, unknown>) =>
          typeof timestamp === "number" && isText(stackTrace),
      )(value),
  },
  metrics: {
    ask: () => rest.metrics(at, id),
    declares: (value) =>
      Object.values(value as object).every((each) => each === undefined || Number.isInteger(each)),
  },
  read: {
    ask: () => rest.read(at, "/jobs"),
    declares: (value) => Object.hasOwn(value as object, "body"),
  },
  overview: { ask: () => rest.overview(at), declares: isNothing },
  taskManagers: {
    ask: () => rest.taskManagers(at),
    declares: all(({ slots }: Record<string, unknown>) => typeof slots === "number"),
  },
  savepointStatus: { ask: () => rest.savepointStatus(at, id, id), declares: hasState },
  stopWithSavepoint: {
    ask: () => rest.stopWithSavepoint(at, id, { ...trigger, drain: false }),
    declares: isNothing,
  },
  triggerSavepoint: { ask: () => rest.triggerSavepoint(at, id, trigger), declares: isNothing },
  triggerCheckpoint: {
    ask: () => rest.triggerCheckpoint(at, id, { triggerId: id, checkpointType: "FULL" }),
    declares: isNothing,
  },
  checkpointStatus: { ask: () => rest.checkpointStatus(at, id, id), declares: hasState },
  checkpointPath: {
    ask: () => rest.checkpointPath(at, id, 7),
    declares: (value) => value === undefined || isText(value),
  },
  disposeSavepoint: { ask: () => rest.disposeSavepoint(at, "file:/sp"), declares: isText },
  disposalStatus: { ask: () => rest.disposalStatus(at, id), declares: hasState },
  cancel: {
    ask: () => rest.cancel(at, id),
    declares: (value) => ["accepted", "ended", "missing"].includes(String(value)),
  },
  uploadJar: { ask: () => rest.uploadJar(at, { name: "a.jar", size: 4, body: jar() }), declares: isText },
  runJar: {
    ask: () =>
      rest.runJar(at, "a.jar", {
        flinkVersion: "v2_3",
        jobId: id,
        programArgs: [],
        flinkConfiguration: {},
      }),
    declares: (value) => ["accepted", "duplicate"].includes(String(value)),
  },
  checkScript: {
    ask: () => rest.checkScript(at, "a.jar", { jobId: id, programArgs: [] }),
    declares: isText,
  },
  deleteJar: { ask: () => rest.deleteJar(at, "a.jar"), declares: isNothing },
};
type CallName = keyof FlinkRest;

/** An answer of Flink to each call. */
const good: { [Name in CallName]: unknown } = {
  config: { "flink-version": "2.3.0" },
  jobs: { jobs: [{ jid: id, state: "RUNNING", "start-time": 1, tasks: { running: 1 } }] },
  checkpoints: {
    counts: { completed: 1, in_progress: 1 },
    latest: { completed: { id: 1, trigger_timestamp: 1 } },
    history: [{ status: "IN_PROGRESS", checkpoint_type: "SYNC_SAVEPOINT", trigger_timestamp: 1 }],
  },
  jobResult: {
    status: { id: "COMPLETED" },
    "job-execution-result": {
      "application-status": "FAILED",
      "failure-cause": { class: "a.B", "stack-trace": "a.B: c" },
    },
  },
  failedApplication: {
    applications: [{ id, status: "FAILED" }],
    exceptionHistory: { entries: [{ exceptionName: "a.B", stacktrace: "a.B: c", timestamp: 1 }] },
  },
  exceptions: {
    exceptionHistory: { entries: [{ exceptionName: "a.B", stacktrace: "a.B: c", timestamp: 1 }] },
  },
  metrics: [{ id: "numRestarts", value: "2" }],
  read: { jobs: [] },
  vertices: { vertices: [{ id, name: "v", parallelism: 2, maxParallelism: 128, tasks: { RUNNING: 2 } }] },
  resourceRequirements: { [id]: { parallelism: { lowerBound: 1, upperBound: 2 } } },
  updateResourceRequirements: {},
  overview: {},
  taskManagers: { taskmanagers: [{ id: "tm", slotsNumber: 1, freeSlots: 1 }] },
  savepointStatus: { status: { id: "COMPLETED" }, operation: { location: "file:/sp" } },
  stopWithSavepoint: { "request-id": id },
  triggerSavepoint: { "request-id": id },
  triggerCheckpoint: { "request-id": id },
  checkpointStatus: { status: { id: "COMPLETED" }, operation: { checkpointId: 7 } },
  checkpointPath: { external_path: "file:/chk-7" },
  disposeSavepoint: { "request-id": id },
  disposalStatus: {
    status: { id: "COMPLETED" },
    operation: { "failure-cause": { class: "a.B", "stack-trace": "a.B: c" } },
  },
  cancel: {},
  uploadJar: { filename: "/tmp/a.jar" },
  runJar: { jobid: id },
  checkScript: "outcome",
  deleteJar: {},
};
const callNames = Object.keys(calls) as CallName[];
const call = fc.constantFrom(...callNames);

/** What Flink says of what it does not know, or has done already, and what a call makes of it. */
const known: {
  [Name in CallName]?: { recordings: RegExp; errors: string[]; status: number; means: unknown }[];
} = {
  checkpoints: [
    {
      recordings: /^$/,
      errors: [
        "org.apache.flink.runtime.rest.handler.RestHandlerException: Checkpointing has not been enabled.",
      ],
      status: 404,
      means: undefined,
    },
  ],
  savepointStatus: [
    {
      recordings: /^savepoint-status-unknown-trigger$/,
      errors: [`There is no savepoint operation with triggerId=${id} for job ${id}.`],
      status: 404,
      means: { state: "unknown" },
    },
  ],
  checkpointStatus: [
    {
      recordings: /^checkpoint-status-unknown-trigger$/,
      errors: [`There is no checkpoint operation with triggerId=${id} for job ${id}.`],
      status: 404,
      means: { state: "unknown" },
    },
  ],
  checkpointPath: [
    {
      recordings: /^checkpoint-detail-(unknown|triggered)$/,
      errors: ["Could not find checkpointing statistics for checkpoint 7."],
      status: 404,
      means: undefined,
    },
  ],
  disposalStatus: [
    {
      recordings: /^$/,
      errors: [
        "org.apache.flink.runtime.rest.NotFoundException: Operation not found under key: org.apache.flink.runtime.rest.handler.async.OperationKey@1f\n\tat a.B.c(B.java:1)\n",
      ],
      status: 404,
      means: { state: "unknown" },
    },
  ],
  cancel: [
    {
      recordings: /^cancel-unknown-job$/,
      errors: ["Job could not be found."],
      status: 404,
      means: "missing",
    },
    {
      recordings: /^cancel-finished-job$/,
      errors: [
        "Job cancellation failed because the job has already reached another terminal state (FINISHED).",
      ],
      status: 409,
      means: "ended",
    },
  ],
  runJar: [
    {
      recordings: /^jar-run-same-jobid-again$/,
      errors: [
        "Internal server error.",
        "org.apache.flink.runtime.client.DuplicateJobSubmissionException: Job exists.",
      ],
      status: 500,
      means: "duplicate",
    },
  ],
  deleteJar: [
    {
      recordings: /^jar-delete-missing$/,
      errors: ["File a.jar does not exist in /tmp/flink-web-upload."],
      status: 400,
      means: undefined,
    },
  ],
};

interface Recorded {
  name: string;
  response: { status: number; body: unknown };
}
const recorded = goldenNames("flink/rest").flatMap((version) =>
  readGolden<Recorded[]>(`flink/rest/${version}.json`).filter(({ response }) => response.status >= 300),
);
// Flink 1.16 has no checkpoints on request: its answer is that of an endpoint that does not exist.
const isMissingEndpoint = ({ response }: Recorded) =>
  /Unable to load requested file|"Not found: /.test(JSON.stringify(response.body));

const asJson = (status: number, body: unknown): Answer => ({
  status,
  contentType: "application/json; charset=UTF-8",
  body: JSON.stringify(body),
  hasLength: true,
  end: "ends",
});

type Outcome = { value: unknown } | { error: FlinkRestError };

/** A call that never ends fails, instead of the whole test. */
async function within(ms: number, call: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the call does not end within ${ms} ms`)), ms);
  });
  return Promise.race([call, late]).finally(() => clearTimeout(timer));
}

async function ask(name: CallName, given: Answer): Promise<Outcome> {
  answer = given;
  const asked = performance.now();
  try {
    const value = await within(deadlineMs + 4_000, calls[name].ask());
    expect(calls[name].declares(value), `${name} resolves to ${JSON.stringify(value)}`).toBe(true);
    return { value };
  } catch (error) {
    if (!(error instanceof FlinkRestError)) throw error;
    expect(error.message).toMatch(/^\S[^\n\r]{0,600}$/);
    return { error };
  } finally {
    // A shared machine may be late.
    expect(performance.now() - asked).toBeLessThan(deadlineMs + 2_000);
    expect(openJars, "jars that are still being read").toBe(0);
  }
}

const status = fc.constantFrom(200, 202, 204, 301, 400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504);
const contentType = fc.constantFrom(
  "application/json; charset=UTF-8",
  "text/html",
  "text/plain",
  "image/png",
);
const hasLength = fc.boolean();

const proxyBodies = (quoted: string): string[] => [
  `<html>\n<head><title>404 Not Found</title></head>\n<body>${quoted}<hr>nginx</body></html>`,
  "404 page not found\n",
  "default backend - 404",
  quoted,
  "The requested resource could not be found.",
  "The resource does not exist",
  JSON.stringify({ message: "no Route matched with those values" }),
  JSON.stringify({ message: quoted }),
  JSON.stringify({ error: quoted, status: 404, path: `/jobs/${id}` }),
  JSON.stringify({ errors: [{ status: "404", title: quoted }] }),
  JSON.stringify({ errors: quoted }),
  JSON.stringify({ kind: "Status", code: 404, reason: "NotFound", message: quoted }),
  JSON.stringify([quoted]),
  JSON.stringify(quoted),
];
const own = fc.constantFrom(
  ...callNames.flatMap((name) => (known[name] ?? []).map((each) => ({ name, ...each }))),
);
/** A proxy says anything, to any call, and also the words of Flink to the call that they are meant for. */
const fromProxy = own.chain(({ name: owner, errors, status: its }) =>
  fc.record({
    name: fc.oneof(fc.constant(owner), call),
    answer: fc.record({
      status: fc.oneof(fc.constant(its), fc.constantFrom(400, 403, 404, 409, 500, 502, 503, 504)),
      contentType,
      body: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...proxyBodies(errors.at(-1) ?? "")) },
        // In the form of Flink, by chance.
        {
          weight: 1,
          arbitrary: fc.constant(JSON.stringify({ errors: ["The requested resource could not be found"] })),
        },
      ),
      hasLength,
      end: fc.constant("ends" as const),
    }),
  }),
);

test("what Flink does not know is told from every other error", async () => {
  // The longest recorded error has more than the limit of the other properties.
  await rest.close();
  rest = createFlinkClient({ deadlineMs, connectionsPerJobManager: 1 });
  const isOwn = (name: CallName, from: Recorded) =>
    known[name]?.find(({ recordings }) => recordings.test(from.name) && !isMissingEndpoint(from));
  const fromFlink = fc
    .tuple(call, fc.constantFrom(...recorded), fc.boolean())
    .map(([name, from, toItsCall]) => ({
      name: callNames.find((each) => toItsCall && isOwn(each, from)) ?? name,
      from,
    }));
  await fc.assert(
    fc.asyncProperty(fromFlink, fromProxy, async ({ name, from }, proxied) => {
      const outcome = await ask(name, asJson(from.response.status, from.response.body));
      const meant = isOwn(name, from);
      if (meant !== undefined) expect(outcome).toEqual({ value: meant.means });
      else expect(outcome).toMatchObject({ error: { kind: "answered", status: from.response.status } });
      expect(await ask(proxied.name, proxied.answer)).toMatchObject({
        error: { kind: "answered", status: proxied.answer.status },
      });
    }),
    { numRuns: 350, seed: 1 },
  );
});

test("Flink's own words count with their status only", async () => {
  await fc.assert(
    fc.asyncProperty(own, call, status, async ({ name: owner, errors, status: its, means }, name, other) => {
      expect(await ask(owner, asJson(its, { errors }))).toEqual({ value: means });
      // A repeated submission and a job that has ended are refused with other statuses, by version.
      const anyStatus = means === "duplicate" || means === "ended";
      if (name !== owner)
        expect(await ask(name, asJson(its, { errors }))).toMatchObject({ error: { status: its } });
      if (other < 300) return;
      const outcome = await ask(owner, asJson(other, { errors }));
      if (other === its || anyStatus) expect(outcome).toEqual({ value: means });
      else expect(outcome).toMatchObject({ error: { kind: "answered", status: other } });
    }),
    { numRuns: 200, seed: 1 },
  );
});

// Flink's field names with wrong values reach more code of the readers than arbitrary objects.
const fields = [
  ...["jobs", "jid", "state", "tasks", "counts", "latest", "completed", "in_progress", "restored", "history"],
  ...["id", "status", "operation", "failure-cause", "class", "stack-trace", "location", "checkpointId"],
  ...["taskmanagers", "slotsNumber", "freeSlots", "exceptionHistory", "entries", "timestamp", "stacktrace"],
  ...[
    "errors",
    "job-execution-result",
    "application-status",
    "request-id",
    "jobid",
    "filename",
    "external_path",
  ],
  ...["flink-version", "trigger_timestamp", "checkpoint_type", "value", "__proto__", "constructor"],
];
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(null, [], {}, 0, "", true),
    fc.constantFrom(id, "COMPLETED", "IN_PROGRESS", "RUNNING", "SYNC_SAVEPOINT", "/"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...fields), tie("value"), { maxKeys: 8 }),
  ),
})).value;
const body = fc.oneof(
  { weight: 4, arbitrary: json.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: json.map((value) => JSON.stringify(value).slice(0, -1)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", " \n", "null", "[".repeat(1_500), '{"jobs":1e999}', "\ufeff{}"),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);
/** One value of an answer of Flink is another. */
const nearly = (value: unknown): fc.Arbitrary<unknown> => {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return json;
  const within = fc
    .constantFrom(...Object.entries(value))
    .chain(([key, old]) =>
      nearly(old).map((changed) =>
        Array.isArray(value) ? [changed] : { ...(value as object), [key]: changed },
      ),
    );
  return fc.oneof({ weight: 1, arbitrary: json }, { weight: 4, arbitrary: within });
};
const anyAnswer = (name: CallName): fc.Arbitrary<Answer> =>
  fc.record({
    status: fc.oneof(fc.constant(200), status),
    contentType,
    body: fc.oneof(body, fc.constant(JSON.stringify(good[name])), {
      weight: 3,
      arbitrary: nearly(good[name]).map((value) => JSON.stringify(value)),
    }),
    hasLength,
    end: fc.constantFrom("ends", "ends", "ends", "cut", "raw"),
  });

const asked = call.chain((name) => fc.record({ name: fc.constant(name), given: anyAnswer(name) }));

test("any answer leads to what the call declares, or to one line that says what it was", async () => {
  await fc.assert(
    fc.asyncProperty(asked, async ({ name, given }) => {
      const outcome = await ask(name, given);
      // Node sends no body with 204.
      const size = given.status === 204 ? 0 : Buffer.byteLength(given.body);
      const isFailure = given.status < 200 || given.status > 299;
      const isComplete = given.end === "ends" && size <= limit;
      if (isFailure && isComplete && "error" in outcome)
        expect(outcome.error).toMatchObject({ kind: "answered", status: given.status });
      if (isFailure && isComplete && known[name] === undefined) expect(outcome).toHaveProperty("error");
      if (!isComplete && given.status !== 204) expect(outcome).toHaveProperty("error");
      if (isComplete && given.status === 200 && given.body === JSON.stringify(good[name]))
        expect(outcome).toHaveProperty("value");
      if (!isFailure && "error" in outcome)
        expect(outcome.error).toMatchObject({ kind: "broken", status: 0 });
      expect(await ask("config", asJson(200, { "flink-version": "2.3.0" }))).toHaveProperty("value");
    }),
    { numRuns: 500, seed: 1 },
  );
});

test("a body above the limit is refused, whatever its status and length say", async () => {
  const size = fc.oneof(
    fc.integer({ min: limit - 2, max: limit + 2 }),
    fc.integer({ min: 30, max: 3 * limit }),
  );
  await fc.assert(
    fc.asyncProperty(size, fc.constantFrom(200, 404, 500), hasLength, async (bytes, code, withLength) => {
      // Of two, three and four bytes.
      const content = '{"flink-version":"é€😀"}';
      const padding = " ".repeat(bytes - Buffer.byteLength(content));
      const given = { ...asJson(code, {}), body: content + padding, hasLength: withLength };
      const outcome = await ask("config", given);
      if (bytes > limit)
        expect(outcome).toMatchObject({
          error: { kind: "broken", message: `the answer is larger than ${limit} bytes` },
        });
      else if (code === 200) expect(outcome).toMatchObject({ value: { flinkVersion: "é€😀" } });
      else expect(outcome).toMatchObject({ error: { kind: "answered", status: code } });
      expect(await ask("config", asJson(200, { "flink-version": "2.3.0" }))).toHaveProperty("value");
    }),
    { numRuns: 100, seed: 1 },
  );
});

test("a call without an answer ends at its deadline, and its connection is closed", async () => {
  await rest.close();
  rest = createFlinkClient({ deadlineMs: 40, maxBodyBytes: limit, connectionsPerJobManager: 1 });
  const open = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  await fc.assert(
    fc.asyncProperty(call, json, hasLength, async (name, value, withLength) => {
      const stalled = {
        ...asJson(200, {}),
        body: JSON.stringify(value).slice(0, limit),
        hasLength: withLength,
      };
      const outcome = await ask(name, { ...stalled, end: "stalls" });
      expect(outcome).toMatchObject({
        error: { kind: "timeout", status: 0, message: "no answer within 40 ms" },
      });
      await vi.waitUntil(async () => (await open()) === 0, { timeout: 5_000, interval: 1 });
    }),
    // Each smaller counterexample would take as long again.
    { numRuns: 25, seed: 1, endOnFailure: true },
  );
});
