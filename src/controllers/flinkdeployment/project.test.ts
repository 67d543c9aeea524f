import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { projectConfigMap, projectDeployment, projectPod } from "./project.ts";

const metadata = { name: "job", namespace: "ns", uid: "u", resourceVersion: "7" };

describe("a projected Deployment", () => {
  test("keeps the fields that decisions depend on, and nothing else", () => {
    const annotations = {
      "flinkdeployment.flink.apache.org/generation": "3",
      "flinkdeployment.flink.apache.org/launch-id": "l",
      other: "x",
    };
    const labels = { app: "job", component: "jobmanager", type: "flink-native-kubernetes", other: "x" };
    const condition = {
      type: "Available",
      status: "False",
      reason: "r",
      message: "m",
      lastTransitionTime: "t",
    };
    const { metadata: kept, facts } = projectDeployment({
      metadata: { ...metadata, annotations, labels, creationTimestamp: "c" },
      spec: { replicas: 1, template: { secret: "x" } },
      status: { availableReplicas: 1, conditions: [{ ...condition, lastUpdateTime: "later" }] },
    });
    expect(kept).toEqual({ ...metadata, labels: { app: "job", component: "jobmanager" } });
    expect(facts).toMatchObject({
      uid: "u",
      creationTimestamp: "c",
      deleting: false,
      generation: "3",
      launchId: "l",
      availableReplicas: 1,
      conditions: [condition],
    });
  });

  test("says whether its replicas were set through the scale subresource", () => {
    const scaledBy = (managedFields: unknown) =>
      projectDeployment({ metadata: { ...metadata, managedFields } }).facts.scaledDirectly;
    const replicas = { fieldsV1: { "f:spec": { "f:replicas": {} } } };
    expect(scaledBy([{ manager: "kubectl", subresource: "scale", ...replicas }])).toBe(true);
    expect(scaledBy([{ manager: "kubectl-edit", ...replicas }, { subresource: "status" }])).toBe(false);
    expect(scaledBy(undefined)).toBe(false);
  });

  test("may have no status, or be deleting", () => {
    const { facts } = projectDeployment({ metadata: { ...metadata, deletionTimestamp: "t" } });
    expect(facts).toMatchObject({
      deleting: true,
      generation: undefined,
      launchId: undefined,
      availableReplicas: 0,
      conditions: [],
    });
  });
});

test("a projected ConfigMap keeps the keys, not the values", () => {
  const projected = projectConfigMap({ metadata, data: { "checkpointID-1": "rO0AB" } });
  expect(projected.facts).toEqual({ name: "job", uid: "u", deleting: false, dataKeys: ["checkpointID-1"] });
  expect(JSON.stringify(projected)).not.toContain("rO0AB");
});

describe("a projected pod", () => {
  const pod = (status: object, more: object = {}): KubeObject => ({
    metadata: { ...metadata, ...more },
    status,
  });
  const main = (state: object, more: object = {}) => ({
    containerStatuses: [{ name: "main", restartCount: 2, state, ...more }],
  });

  test.each([
    [{ conditions: [{ type: "Ready", status: "True" }] }, true],
    [{ conditions: [{ type: "Ready", status: "False" }] }, false],
    [{}, false],
  ])("readiness %#", (status, ready) => {
    expect(projectPod(pod({ podIP: "10.0.0.1", ...status })).facts).toMatchObject({
      ready,
      ip: "10.0.0.1",
      deleting: false,
    });
  });

  test.each([
    ["ImagePullBackOff"],
    ["ErrImagePull"],
    ["ErrImageNeverPull"],
    ["InvalidImageName"],
    ["RunContainerError"],
    ["CreateContainerError"],
    ["CreateContainerConfigError"],
  ])("%s is a problem", (reason) => {
    expect(projectPod(pod(main({ waiting: { reason, message: "m" } }))).facts.problem).toEqual({
      container: "main",
      reason,
      message: "m",
      restartCount: 2,
    });
  });

  test.each(["ContainerCreating", "PodInitializing"])("%s is no problem", (reason) => {
    expect(projectPod(pod(main({ waiting: { reason } }))).facts.problem).toBeUndefined();
  });

  const crashing = { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } };
  test.each([
    [
      "what the container said last",
      { terminated: { reason: "Error", message: "no such jar" } },
      "CrashLoopBackOff",
      "CrashLoop - no such jar",
    ],
    [
      "the kubelet's words, where it said nothing",
      { terminated: { reason: "Error" } },
      "CrashLoopBackOff",
      "CrashLoop - back-off 10s",
    ],
    [
      "killed for its memory",
      { terminated: { reason: "OOMKilled" } },
      "OOMKilled",
      "killed because it used more memory than its limit",
    ],
  ])("in a crash loop: %s", (_, lastState, reason, message) => {
    expect(projectPod(pod(main(crashing, { lastState }))).facts.problem).toMatchObject({ reason, message });
  });

  test("that was just killed for its memory use", () => {
    const { problem } = projectPod(pod(main({ terminated: { reason: "OOMKilled" } }))).facts;
    expect(problem).toMatchObject({ reason: "OOMKilled", message: expect.stringContaining("more memory") });
    expect(projectPod(pod(main({ terminated: { reason: "Completed" } }))).facts.problem).toBeUndefined();
  });

  test("reports the problem of an init container first", () => {
    const waiting = (name: string) => [{ name, state: { waiting: { reason: "ErrImagePull" } } }];
    const status = { initContainerStatuses: waiting("init"), containerStatuses: waiting("main") };
    expect(projectPod(pod(status)).facts.problem).toMatchObject({
      container: "init",
      restartCount: 0,
      message: "",
    });
  });
});

describe("a projected pod that checks an SQL script", () => {
  const labels = { app: "job", component: "sql-check" };
  const ended = (status: object, component = "sql-check") =>
    projectPod({ metadata: { ...metadata, labels: { ...labels, component } }, status }).facts.check;
  const main = (terminated: object) => ({
    phase: "Failed",
    containerStatuses: [{ name: "flink-main-container", state: { terminated } }],
  });

  test("tells what its container has told", () => {
    expect(ended(main({ exitCode: 1, reason: "Error", message: "{}" }))).toEqual({
      uid: "u",
      ended: { message: "{}", reason: "Error (exit code 1)" },
    });
    expect(ended({ phase: "Running" })).toEqual({ uid: "u", ended: undefined });
    expect(ended(main({ exitCode: 1 }), "jobmanager")).toBeUndefined();
  });

  test("tells why its container has not run", () => {
    expect(ended({ phase: "Failed", reason: "Evicted", message: "low on memory" })?.ended).toEqual({
      message: "",
      reason: "Evicted: low on memory",
    });
    const terminated = { exitCode: 3, reason: "Error", message: "HTTP 404" };
    const initContainerStatuses = [{ name: "jars", state: { terminated } }];
    expect(ended({ phase: "Failed", initContainerStatuses })?.ended).toEqual({
      message: "HTTP 404",
      reason: "jars: Error (exit code 3)",
    });
  });
});
