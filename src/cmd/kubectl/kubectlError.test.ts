import { describe, expect, it } from "vitest";
import { describeFailure, type FailureMeaning } from "./kubectlError.ts";

/** What kubectl 1.33 prints of a failed update: the patch comes before the words of the server, and is longer than an error. */
const echoed = (beginning: string, said: string): string =>
  [
    "Warning: resource flinkdeployments/job is missing an annotation",
    `Error from server${beginning}: error when applying patch:`,
    JSON.stringify({
      spec: { a: "x".repeat(2_000), url: "http://localhost:8080", "s3.secret-key": "HUNTER2" },
      note: 'for: "STDIN": error when patching "STDIN": User "eve" cannot patch this',
    }),
    "to:",
    'Resource: "flink.apache.org/v1beta1, Resource=flinkdeployments", GroupVersionKind: "flink.apache.org/v1beta1"',
    'Name: "job", Namespace: "ns"',
    `for: "STDIN": error when patching "STDIN": ${said}`,
  ].join("\n");

const created = (reason: string, said: string): string =>
  `Error from server (${reason}): error when creating "STDIN": ${said}`;

const eve =
  'flinkdeployments.flink.apache.org "job" is forbidden: User "eve" cannot patch resource "flinkdeployments"';
const denied = (webhook: string): string => `admission webhook "${webhook}" denied the request: no`;
const quota = 'flinkdeployments.flink.apache.org "job" is forbidden: exceeded quota: q, requested: 1';
const terminating =
  'flinkdeployments.flink.apache.org "job" is forbidden: unable to create new content in namespace ns because it is being terminated';
const down =
  'Internal error occurred: failed calling webhook "v": Post "https://w": dial tcp 10.0.0.1:443: connect: connection refused';

describe("a failure of kubectl", () => {
  it.each<[string, string, FailureMeaning, string]>([
    ["no right", echoed(" (Forbidden)", eve), "no right", `you are not allowed to do this: ${eve}`],
    ["a webhook", echoed(" (Forbidden)", denied("gatekeeper")), "refused", denied("gatekeeper")],
    ["a webhook without a reason", echoed("", denied("v")), "refused", denied("v")],
    [
      "a webhook that speaks of rights",
      created("Forbidden", `${denied("v")}: User "eve" cannot patch it`),
      "refused",
      `${denied("v")}: User "eve" cannot patch it`,
    ],
    ["a quota", created("Forbidden", quota), "refused", quota],
    ["a namespace that is deleted", created("Forbidden", terminating), "refused", terminating],
    [
      "no such namespace",
      created("NotFound", 'namespaces "nope" not found'),
      "refused",
      'namespaces "nope" not found',
    ],
    [
      "two errors",
      "The request is invalid: \n* spec.job.parallelism: must be 1\n* spec.image: must be set",
      "refused",
      "The request is invalid: spec.job.parallelism: must be 1; spec.image: must be set",
    ],
    [
      "a policy",
      `The flinkdeployments "job" is invalid: : ValidatingAdmissionPolicy 'p' denied request: x`,
      "refused",
      `The flinkdeployments "job" is invalid: ValidatingAdmissionPolicy 'p' denied request: x`,
    ],
    [
      "an unknown field, after the patch",
      `The request is invalid: patch: Invalid value: ${JSON.stringify(JSON.stringify({ k: "HUNTER2" }))}: strict decoding error: unknown field "spec.imagee"`,
      "refused",
      'The request is invalid: patch: strict decoding error: unknown field "spec.imagee"',
    ],
    [
      "a validation by kubectl",
      'error: error validating "STDIN": error validating data: unknown field "x"',
      "refused",
      'error validating "STDIN": error validating data: unknown field "x"',
    ],
    ["a webhook that is down", echoed(" (InternalError)", down), "failed", down],
    [
      "a JobManager that is down",
      "Error from server (ServiceUnavailable): error trying to reach service: dial tcp 10.0.0.1:8081: connect: connection refused",
      "failed",
      "error trying to reach service: dial tcp 10.0.0.1:8081: connect: connection refused",
    ],
    [
      "etcd without a leader",
      "Error from server: etcdserver: request timed out",
      "failed",
      "etcdserver: request timed out",
    ],
    [
      "no cluster",
      "E1201 12:00:00.0 1 memcache.go:265] x\nThe connection to the server localhost:8080 was refused - did you specify the right host or port?",
      "failed",
      "no cluster is configured: set KUBECONFIG, or give --kubeconfig or --context (kubectl: The connection to the server " +
        "localhost:8080 was refused - did you specify the right host or port?)",
    ],
    ["nothing", "", "failed", "kubectl failed"],
  ])("that is %s", (_, stderr, meaning, message) => {
    const error = describeFailure(stderr);
    expect({ meaning: error.meaning, message: error.message }).toEqual({ meaning, message });
  });

  it("is told without secrets", () => {
    const { message } = describeFailure(
      echoed("", `${denied("v")}: s3.secret-key: HUNTER2, password=HUNTER2`),
    );
    expect(message).toMatch(/^admission webhook .*\*{6}/);
    expect(message).not.toContain("HUNTER2");
  });

  it("keeps the reason of the server", () => {
    expect(describeFailure(created("NotFound", "x")).reason).toBe("NotFound");
    expect(describeFailure("The request is invalid: x").reason).toBe("Invalid");
    expect(describeFailure("Unable to connect to the server: x").reason).toBeUndefined();
  });
});
