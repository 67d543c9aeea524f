import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAdmission } from "../../src/admission/admit.ts";
import { createCertificateManager } from "../../src/admission/certificates/certificateManager.ts";
import type { RotationPolicy } from "../../src/admission/certificates/decideStep.ts";
import type { KeyedCertificate } from "../../src/admission/certificates/issue.ts";
import { type AdmissionServer, createAdmissionServer } from "../../src/admission/server.ts";
import { type KubeObject, type ResourceType, resourceTypes } from "../../src/api/kubernetes.ts";
import { flinkBlueGreenDeployment } from "../../src/api/v1beta1/flinkbluegreendeployment.ts";
import { flinkDeployment } from "../../src/api/v1beta1/flinkdeployment.ts";
import { flinkSessionJob } from "../../src/api/v1beta1/flinksessionjob.ts";
import { flinkStateSnapshot } from "../../src/api/v1beta1/flinkstatesnapshot.ts";
import { emptyConfig } from "../../src/config/flinkConfig.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { clientOf, createNamespace, sharedControlPlane } from "../support/controlPlane.ts";
import { defineKind } from "../support/crds.ts";
import { eventually } from "../support/eventually.ts";

/** The webhook as a real API server calls it: what it refuses, completes and warns of, and that no rotation is felt. */

const plane = sharedControlPlane();
const log = createLogger({ level: "warn" });
const configurationName = `webhook-${process.pid}`;
const { validatingWebhookConfiguration, mutatingWebhookConfiguration } = resourceTypes;

/** A rotation every few seconds. The API server must have heard of a new authority within the time to settle. */
const policy: RotationPolicy = { validity: 600_000, renewBefore: 598_000, settle: 4_000 };

let client: KubeClient;
let namespace: string;
let server: AdmissionServer | undefined;
const served: KeyedCertificate[] = [];
const ending = new AbortController();

const memory = { resources: { requests: { memory: "2048m", cpu: "1" } } };
const session = {
  image: "flink:2.2",
  flinkVersion: "v2_2",
  serviceAccount: "flink",
  jobManager: memory,
  taskManager: memory,
};
const application = { ...session, job: { jarURI: "local:///opt/flink/usrlib/job.jar", parallelism: 1 } };
/** What no rule of the definition can see: a job that is to keep its state, and nowhere to keep it. */
const withoutDirectories = { ...application, job: { ...application.job, upgradeMode: "savepoint" } };
const object = (name: string, spec: unknown): KubeObject => ({ metadata: { name, namespace }, ...{ spec } });

const run = promisify(execFile);

async function kubectl(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, LOCALKUBE_NAME: plane.name };
  return run(join(import.meta.dirname, "../../localkube/localkube"), ["kubectl", "-n", namespace, ...args], {
    env,
  });
}

const webhook = (path: string, resources: readonly ResourceType[], port: number) => ({
  name: `${path}.flink.apache.org`,
  clientConfig: { url: `https://localhost:${port}/${path}` },
  rules: resources.map(({ group, version, plural }) => ({
    apiGroups: [group],
    apiVersions: [version],
    operations: ["CREATE", "UPDATE"],
    resources: [plural],
  })),
  failurePolicy: "Fail",
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
});

beforeAll(async () => {
  client = clientOf(plane);
  for (const kind of [flinkDeployment, flinkSessionJob, flinkStateSnapshot, flinkBlueGreenDeployment])
    await defineKind(client, kind);
  namespace = await createNamespace(client, "admission");
  await client.create(resourceTypes.flinkDeployment, object("stored-before", { flinkConfiguration: {} }));

  const first = Promise.withResolvers<KeyedCertificate>();
  void createCertificateManager({
    kube: client,
    clock: systemClock,
    log,
    namespace,
    secretName: "certificate",
    hosts: ["localhost"],
    configurationName,
    policy,
    onCertificate(certificate) {
      served.push(certificate);
      first.resolve(certificate);
      server?.useCertificate({ cert: certificate.certificate, key: certificate.key });
    },
  }).run(ending.signal);
  const { certificate: cert, key } = await first.promise;
  const admission = createAdmission({ kube: client, config: () => emptyConfig });
  server = createAdmissionServer({ admission, log, certificate: { cert, key } });
  const port = await server.listen(0);

  const { flinkDeployment: deployments, flinkSessionJob: jobs } = resourceTypes;
  const all = [deployments, jobs, resourceTypes.flinkStateSnapshot, resourceTypes.flinkBlueGreenDeployment];
  await client.create(validatingWebhookConfiguration, {
    metadata: { name: configurationName },
    webhooks: [webhook("validate", all, port)],
  });
  await client.create(mutatingWebhookConfiguration, {
    metadata: { name: configurationName },
    webhooks: [webhook("mutate", [deployments, jobs], port)],
  });
  await eventually("the API server asks the webhook, and trusts it", async () => {
    const asked = client.create(resourceTypes.flinkDeployment, object("probe", withoutDirectories), {
      dryRun: true,
    });
    return asked.then(
      () => false,
      ({ message }: Error) => message.includes("denied the request"),
    );
  });
});

afterAll(async () => {
  for (const type of [validatingWebhookConfiguration, mutatingWebhookConfiguration])
    await client?.delete(type, "", configurationName);
  ending.abort();
  await client?.close();
  await server?.close();
});

describe("the API server", () => {
  it("passes on what is wrong, field by field", async () => {
    const spec = { ...application, flinkConfiguration: { "kubernetes.cluster-id": "x" } };
    await expect(client.create(resourceTypes.flinkDeployment, object("wrong", spec))).rejects.toMatchObject({
      status: 422,
      reason: "Invalid",
      message: expect.stringMatching(
        /webhook "validate.flink.apache.org" denied the request: kubernetes.cluster-id: must not be set/,
      ),
    });
  });

  it("stores what is right, and gives a session job its label", async () => {
    await client.create(resourceTypes.flinkDeployment, object("app", application));
    await client.create(resourceTypes.flinkDeployment, object("cluster", session));
    const created = await client.create(
      resourceTypes.flinkSessionJob,
      object("job", {
        deploymentName: "cluster",
        job: { jarURI: "https://example.org/a.jar", parallelism: 1 },
      }),
    );
    expect(created.metadata.labels).toEqual({ "target.session": "cluster" });
    await client.create(
      resourceTypes.flinkBlueGreenDeployment,
      object("pair", { template: { spec: application } }),
    );
  });

  it("refuses what the definitions say by themselves", async () => {
    const { flinkSessionJob: jobs, flinkStateSnapshot: snapshots } = resourceTypes;
    const refusals: [ResourceType, object, RegExp][] = [
      [jobs, { job: { parallelism: 1 } }, /spec.deploymentName.*must be set/],
      [jobs, { deploymentName: "cluster" }, /spec.job: .*must be set/],
      [jobs, { deploymentName: "cluster", job: {} }, /spec.job.parallelism.*must be 1 or more/],
      [snapshots, {}, /exactly one of savepoint and checkpoint/],
      [snapshots, { savepoint: {}, checkpoint: {} }, /exactly one of savepoint and checkpoint/],
      [snapshots, { checkpoint: {} }, /spec.jobReference.*must be set/],
      [snapshots, { savepoint: { alreadyExists: true } }, /spec.savepoint.path.*must be set/],
    ];
    for (const [type, spec, message] of refusals)
      await expect(client.create(type, object("refused", spec))).rejects.toThrow(message);
    await client.create(snapshots, object("there", { savepoint: { alreadyExists: true, path: "s3://b/s" } }));
  });

  it("asks for the job of a snapshot", async () => {
    const snapshot = (name: string) =>
      object("of-job", { jobReference: { kind: "FlinkDeployment", name }, checkpoint: {} });
    await expect(client.create(resourceTypes.flinkStateSnapshot, snapshot("nowhere"))).rejects.toThrow(
      /spec.jobReference.name: there is no FlinkDeployment "nowhere"/,
    );
    await client.create(resourceTypes.flinkStateSnapshot, snapshot("app"));
  });

  it("shows warnings to whoever makes the change", async () => {
    await client.create(resourceTypes.flinkDeployment, object("warned", application));
    const patch = JSON.stringify({ spec: { job: { checkpointTriggerNonce: 1 }, flinkVersion: "v1_18" } });
    const { stderr } = await kubectl("patch", "flinkdep", "warned", "--type=merge", "-p", patch);
    expect(stderr).toMatch(/Warning: spec.job.checkpointTriggerNonce is deprecated/);
    expect(stderr).toMatch(/Warning: spec.flinkVersion: v1_18 is deprecated/);
  });

  it("lets what was stored before be labelled and deleted, but not changed to something wrong", async () => {
    const type = resourceTypes.flinkDeployment;
    await client.mergePatch(type, namespace, "stored-before", {
      metadata: { labels: { a: "b" }, finalizers: ["flink.apache.org/test"] },
    });
    await expect(
      client.mergePatch(type, namespace, "stored-before", { spec: { restartNonce: 1 } }),
    ).rejects.toThrow(/spec.flinkVersion: must be set/);
    await client.delete(type, namespace, "stored-before");
    await client.mergePatch(type, namespace, "stored-before", { metadata: { finalizers: [] } });
    await expect(client.get(type, namespace, "stored-before")).rejects.toThrow(/not found/);
  });
});

it("is answered all the time while certificates are replaced", async () => {
  const before = served.length;
  const failures: unknown[] = [];
  let answered = 0;
  const rotated = () => served.length >= before + 2;
  async function askUntilRotated(): Promise<void> {
    while (!rotated()) {
      try {
        await client.create(resourceTypes.flinkDeployment, object("asked", application), { dryRun: true });
        answered += 1;
      } catch (error) {
        failures.push(error);
      }
    }
  }
  const asking = Promise.all([askUntilRotated(), askUntilRotated(), askUntilRotated()]);
  await eventually("the certificate is replaced twice", rotated, 120_000);
  await asking;
  expect(failures).toEqual([]);
  expect(answered).toBeGreaterThan(50);
});

it("has its authorities in both configurations, where the chart's own fields stay", async () => {
  for (const type of [validatingWebhookConfiguration, mutatingWebhookConfiguration]) {
    const { webhooks } = await client.get(type, "", configurationName);
    expect(webhooks).toMatchObject([
      { clientConfig: { caBundle: expect.any(String) }, failurePolicy: "Fail" },
    ]);
  }
});
