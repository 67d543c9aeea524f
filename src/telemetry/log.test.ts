import { expect, test } from "vitest";
import { KubeError } from "../kube/errors.ts";
import { createLogger, type LogOptions, resourceLogger } from "./log.ts";

function logging(options: LogOptions = {}) {
  const lines: string[] = [];
  const log = createLogger({ ...options, destination: { write: (line) => lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? "null") };
}

test("writes JSON with a readable level and time; a child names its resource", () => {
  const { log, last } = logging();
  resourceLogger(log, "FlinkDeployment", "ns", "a").info({ attempt: 2 }, "submitting");
  expect(last()).toMatchObject({
    level: "info",
    kind: "FlinkDeployment",
    namespace: "ns",
    name: "a",
    attempt: 2,
    msg: "submitting",
  });
  expect(last().time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test("of a Kubernetes object only the name is written, however deep it lies", () => {
  const { log, lines, last } = logging();
  const secret = {
    kind: "Secret",
    metadata: { name: "s", namespace: "ns", resourceVersion: "7", annotations: { last: "hidden" } },
    data: { plain: "hidden" },
  };
  log.info({ object: secret, pair: { old: undefined, list: [secret] } }, "changed %j", secret);
  expect(lines.join()).not.toContain("hidden");
  expect(last()).toMatchObject({ object: "Secret ns/s@7", pair: { list: ["Secret ns/s@7"] } });
  log.info(secret, "the object itself");
  expect(lines.join()).not.toContain("hidden");
  expect(last()).toMatchObject({ object: "Secret ns/s@7", msg: "the object itself" });
});

test("secrets are masked in messages, their arguments, fields and errors", () => {
  const { log, lines } = logging();
  const cause = new Error("cannot reach https://u:hidden@host/");
  const error = new KubeError(0, "Broken", "GET /api: s3.secret-key: hidden", { cause });
  log.info("password=hidden %s", "token=hidden");
  log.warn({ url: "https://u:hidden@host", password: "hidden", nested: { apiToken: "hidden" } }, "m");
  log.error(error);
  log.error({ err: error }, "m");
  expect(lines).toHaveLength(4);
  expect(lines.join()).not.toContain("hidden");
});

test("an error is written with its status, its causes and its stack", () => {
  const { log, last } = logging();
  const cause = new Error("connect ECONNREFUSED");
  log.error({ err: new KubeError(0, "Refused", "GET /api failed", { cause }) }, "listing");
  expect(last()).toMatchObject({
    msg: "listing",
    err: {
      type: "KubeError",
      status: 0,
      reason: "Refused",
      message: "GET /api failed -> connect ECONNREFUSED",
    },
  });
  log.error(new Error("alone"));
  expect(last()).toMatchObject({ msg: "alone", err: { message: "alone" } });
});

test("text format: one line for people, the stack below", () => {
  const { log, lines } = logging({ format: "text" });
  resourceLogger(log, "FlinkDeployment", "ns", "a").warn({ delayMs: 800, error: "x" }, "will retry");
  expect(lines[0]).toMatch(/^\S+Z FlinkDeployment \[WARN \]\[ns\/a\] will retry delayMs=800 error=x\n$/);
  log.error(new Error("broken"));
  expect(lines[1]).toMatch(/\[ERROR\] broken\nError: broken\n {4}at /);
});

test("what is below the level is not written", () => {
  const { log, lines } = logging({ level: "warn" });
  log.info("no");
  log.warn("yes");
  expect(lines).toHaveLength(1);
});
