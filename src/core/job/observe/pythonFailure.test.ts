import { describe, expect, it, test } from "vitest";
import type { PodLog } from "../model/facts.ts";
import { aJobId, anUid, flinkFacts, someFacts, withJobState } from "../situation.fixture.ts";
import { failedPythonLog, hintOf, pythonProblem, tracebackIn } from "./pythonFailure.ts";

/** As Flink 1.20 and 2.3 log the output of a program: each line, and again by the driver. */
const logOf = (output: string): string =>
  [
    "2026-11-30 05:24:58,900 INFO  org.apache.flink.client.python.PythonDriver [] - --- Python Process Started ---",
    ...output
      .split("\n")
      .flatMap((line) => [
        line,
        `2026-11-30 05:24:59,060 INFO  org.apache.flink.client.python.PythonDriver                  [] - ${line}`,
      ]),
    "2026-11-30 05:24:59,064 ERROR org.apache.flink.client.python.PythonDriver [] - Run python process failed",
    "java.lang.RuntimeException: Python process exits with code: 1",
  ].join("\n");

const failed = `Traceback (most recent call last):
  File "/opt/flink/program/job.py", line 2, in <module>
    main()
  File "/usr/lib/python3.11/json/decoder.py", line 355, in raw_decode
    raise JSONDecodeError("Expecting value", s, err.value)
ValueError: no topic`;

describe("a traceback", () => {
  it.each([
    ["with the place in the user's own file", failed, "job.py, line 2: ValueError: no topic"],
    [
      "the last of several",
      `${failed}\n\nDuring handling, another:\n\n${failed.replace("topic", "name")}`,
      "job.py, line 2: ValueError: no name",
    ],
    [
      "of a file that does not parse",
      'Traceback (most recent call last):\n  File "/job.py", line 3\n    if:\n      ^\nSyntaxError: invalid syntax',
      "job.py, line 3: SyntaxError: invalid syntax",
    ],
    [
      "with what the image lacks",
      "Traceback (most recent call last):\n  File \"/job.py\", line 1, in <module>\nModuleNotFoundError: No module named 'pyflink'",
      expect.stringMatching(
        /^job.py, line 1: ModuleNotFoundError.*\(the interpreter has no PyFlink: .*apache-flink/,
      ),
    ],
    ["that is none", "hello", undefined],
    ["that is cut off", 'Traceback (most recent call last):\n  File "/job.py", line 1', undefined],
  ])("is read: %s", (_, output, expected) => {
    expect(tracebackIn(logOf(output))).toEqual(expected);
  });

  it("is not one that somebody else logs", () => {
    expect(tracebackIn(failed)).toBeUndefined();
  });
});

test("an image without an interpreter is told", () => {
  expect(hintOf('java.io.IOException: Cannot run program "python": error=2')).toMatch(
    /spec.job.python.executable/,
  );
  expect(hintOf("java.io.IOException: disk full")).toBeUndefined();
});

describe("a failed program", () => {
  const failure = {
    className: "a.ProgramAbortException",
    stackTrace: "a.ProgramAbortException: java.lang.RuntimeException: Python process exits with code: 1",
  };
  const driver = { ...flinkFacts("FAILED").jobs?.[0], name: "(application driver)" };
  const pod = { name: "jm-1", ip: "10.0.0.1", ready: true, deleting: false, problem: undefined };
  const facts = (podLog?: PodLog, name = driver.name) =>
    someFacts({
      jobManagerPods: [pod],
      podLog,
      flink: flinkFacts("FAILED", {
        deploymentUid: anUid,
        jobs: [{ ...driver, name } as never],
        jobResult: { jobId: aJobId, at: 1, result: { status: "FAILED", failure } },
      }),
    });
  const log: PodLog = { pod: "jm-1", container: "c", restartCount: undefined, at: 1, text: logOf(failed) };
  const status = withJobState("FAILED");

  it("is told once its log is read", () => {
    expect(failedPythonLog(status, facts())).toMatchObject({ pod: "jm-1", restartCount: undefined });
    expect(pythonProblem(status, facts())).toBeUndefined();
    expect(pythonProblem(status, facts(log))).toBe("python: job.py, line 2: ValueError: no topic");
    expect(pythonProblem(status, facts({ ...log, text: "" }))).toMatch(/^python: .*does not say why/);
    expect(pythonProblem(status, facts({ ...log, pod: "other" }))).toBeUndefined();
  });

  it("has its log read once", () => {
    const reported = { ...status, error: '{"message":"python: job.py, line 2"}' };
    expect(failedPythonLog(reported, facts(log))).toBeUndefined();
  });

  it("is none if there was a job", () => {
    expect(failedPythonLog(status, facts(undefined, "my job"))).toBeUndefined();
  });
});
