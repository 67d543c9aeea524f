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

/** The webhook called by a real API server: what it refuses, defaults and warns about, and rotation without failures. */

const plane = sharedControlPlane();
const log = createLogger({ level: "warn" });
const configurationName = `webhook-${process.pid}`;
const { validatingWebhookConfiguration, mutatingWebhookConfiguration } = resourceTypes;

/** A rotation every few seconds. The API server must use a new authority within the settle time. */
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
/** A violation that no rule of the CRD detects: a stateful job without a directory for its state. */
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
  await eventually("the API server calls the webhook, and trusts it", async () => {
    const response = client.create(resourceTypes.flinkDeployment, object("probe", withoutDirectories), {
      dryRun: true,
    });
    return response.then(
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
  it("returns the errors of the webhook, field by field", async () => {
    const spec = { ...application, flinkConfiguration: { "kubernetes.cluster-id": "x" } };
    await expect(client.create(resourceTypes.flinkDeployment, object("wrong", spec))).rejects.toMatchObject({
      status: 422,
      reason: "Invalid",
      message: expect.stringMatching(
        /webhook "validate.flink.apache.org" denied the request: kubernetes.cluster-id: must not be set/,
      ),
    });
  });

  it("validates the fields of pod templates", async () => {
    const templateOf = (fields: object) => ({
      ...application,
      podTemplate: { spec: { containers: [{ name: "flink-main-container", ...fields }] } },
    });
    const at = String.raw`spec\.podTemplate\.spec\.containers\[0\]`;
    const refusals: [object, string][] = [
      [
        { livenessprobe: {} },
        String.raw`${at}\.livenessprobe: there is no such field; did you mean livenessProbe\?`,
      ],
      [
        { livenessProbe: { periodSeconds: "ten" } },
        String.raw`${at}\.livenessProbe\.periodSeconds: must be a whole number`,
      ],
      [
        { resources: { limits: { "example.com/disk": "much" } } },
        "spec.podTemplate: cannot be read: quantities must match",
      ],
    ];
    for (const [fields, message] of refusals)
      await expect(
        client.create(resourceTypes.flinkDeployment, object("template", templateOf(fields))),
      ).rejects.toThrow(new RegExp(message));
    const right = templateOf({ livenessProbe: { periodSeconds: 10 }, restartPolicyRules: [] });
    await client.create(resourceTypes.flinkDeployment, object("template", right));
    await expect(client.list(resourceTypes.deployment, { namespace })).resolves.toMatchObject({ items: [] });
  });

  it("stores valid resources, and sets the label of a session job", async () => {
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

  it("refuses violations of the CRD rules", async () => {
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

  it("requires the job of a snapshot to exist", async () => {
    const snapshot = (name: string) =>
      object("of-job", { jobReference: { kind: "FlinkDeployment", name }, checkpoint: {} });
    await expect(client.create(resourceTypes.flinkStateSnapshot, snapshot("nowhere"))).rejects.toThrow(
      /spec.jobReference.name: there is no FlinkDeployment "nowhere"/,
    );
    await client.create(resourceTypes.flinkStateSnapshot, snapshot("app"));
  });

  it("returns warnings to the client", async () => {
    await client.create(resourceTypes.flinkDeployment, object("warned", application));
    const patch = JSON.stringify({ spec: { job: { checkpointTriggerNonce: 1 }, flinkVersion: "v1_18" } });
    const { stderr } = await kubectl("patch", "flinkdep", "warned", "--type=merge", "-p", patch);
    expect(stderr).toMatch(/Warning: spec.job.checkpointTriggerNonce is deprecated/);
    expect(stderr).toMatch(/Warning: spec.flinkVersion: v1_18 is deprecated/);
  });

  it("allows labels and the deletion of an invalid stored resource, but no invalid change of it", async () => {
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

it("responds without failures while certificates are rotated", async () => {
  const before = served.length;
  const failures: unknown[] = [];
  let succeeded = 0;
  const rotated = () => served.length >= before + 2;
  async function requestUntilRotated(): Promise<void> {
    while (!rotated()) {
      try {
        await client.create(resourceTypes.flinkDeployment, object("requested", application), {
          dryRun: true,
        });
        succeeded += 1;
      } catch (error) {
        failures.push(error);
      }
    }
  }
  const requesting = Promise.all([requestUntilRotated(), requestUntilRotated(), requestUntilRotated()]);
  await eventually("the certificate is rotated twice", rotated, 120_000);
  await requesting;
  expect(failures).toEqual([]);
  expect(succeeded).toBeGreaterThan(50);
});

it("sets its authorities in both configurations, and keeps the chart's own fields", async () => {
  for (const type of [validatingWebhookConfiguration, mutatingWebhookConfiguration]) {
    const { webhooks } = await client.get(type, "", configurationName);
    expect(webhooks).toMatchObject([
      { clientConfig: { caBundle: expect.any(String) }, failurePolicy: "Fail" },
    ]);
  }
});
