import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type KubeObject, resourceTypes } from "../../src/api/kubernetes.ts";
import type { FlinkDeploymentSpec } from "../../src/api/v1beta1/flinkdeployment.ts";
import { emptyConfig } from "../../src/config/flinkConfig.ts";
import { validateFlinkDeployment } from "../../src/core/validate/validateFlinkDeployment.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { type ControlPlane, clientOf, startControlPlane, stopControlPlane } from "../support/controlPlane.ts";
import { eventually } from "../support/eventually.ts";
import { describeExamples, describeWith } from "../support/otherProjects.ts";

/** The generated CRD on a real API server: what it accepts and refuses, and that existing resources stay manageable. */

type Spec = FlinkDeploymentSpec;

const root = join(import.meta.dirname, "../..");
const ourCrd = join(root, "charts/flink-kubernetes-operator/crds/flinkdeployments.flink.apache.org-v1.yaml");

const type = resourceTypes.flinkDeployment;
const namespace = "default";

let plane: ControlPlane;
let client: KubeClient;

beforeAll(async () => {
  plane = await startControlPlane(`crd-${process.pid}`);
  client = clientOf(plane);
});

afterAll(async () => {
  await client?.close();
  if (plane) await stopControlPlane(plane.name);
});

const run = promisify(execFile);

async function kubectl(...args: string[]): Promise<string> {
  const env = { ...process.env, LOCALKUBE_NAME: plane.name };
  const { stdout } = await run(join(root, "localkube/localkube"), ["kubectl", ...args], { env });
  return stdout;
}

const waitUntilEstablished = () =>
  eventually("FlinkDeployments are served", async () => {
    await client.list(type);
    return (await kubectl("explain", "flinkdep")).includes("KIND:       FlinkDeployment");
  });

const memory = { requests: { memory: "2048m", cpu: "1" } };
const session: Spec = {
  image: "flink:2.2",
  flinkVersion: "v2_2",
  serviceAccount: "flink",
  jobManager: { resources: memory },
  taskManager: { resources: memory },
};
const application: Spec = {
  ...session,
  job: { jarURI: "local:///opt/flink/usrlib/job.jar", parallelism: 1 },
};

const object = (name: string, spec: unknown): KubeObject => ({
  metadata: { name, namespace },
  ...(spec !== undefined && { spec }),
});

const update = async (name: string, change: (object: KubeObject) => void): Promise<KubeObject> => {
  const current = await client.get(type, namespace, name);
  change(current);
  const { metadata, spec } = current;
  return client.mergePatch(type, namespace, name, { metadata, spec });
};

/** Writes the status as the operator does after each reconcile. */
async function writeStatus(name: string, status: unknown): Promise<KubeObject> {
  const current = await client.get(type, namespace, name);
  return client.replaceStatus(type, { ...current, status });
}

/** A status with the stored spec in the Java operator's format, as far as the rules read it. */
const deployedStatus = ({ job, mode }: Spec): object => {
  const stored = {
    spec: {
      job:
        job === undefined
          ? null
          : { ...job, savepointRedeployNonce: job.savepointRedeployNonce ?? null, x: 0 },
      podTemplate: { spec: { volumes: [{ configMap: { defaultMode: 1, mode: "native" } }] } },
      mode: mode ?? null,
    },
    resource_metadata: { apiVersion: "flink.apache.org/v1beta1", firstDeployment: true },
  };
  return {
    error: "x",
    reconciliationStatus: { lastReconciledSpec: JSON.stringify(stored), state: "DEPLOYED" },
  };
};

const refusedSpecs: Record<string, readonly [unknown, RegExp]> = {
  "an unknown enum value": [{ ...application, mode: "nativ" }, /spec.mode: Unsupported value: "nativ"/],
  "a value of another type": [
    { ...application, restartNonce: "1" },
    /spec.restartNonce.*must be of type integer/,
  ],
  "an unsupported version": [
    { ...application, flinkVersion: "v1_14" },
    /spec.flinkVersion.*v1_15 is the oldest/,
  ],
  "no version": [{ ...application, flinkVersion: undefined }, /spec.flinkVersion.*must be set/],
  "no service account": [{ ...application, serviceAccount: undefined }, /spec.serviceAccount.*must be set/],
  "no parallelism": [{ ...application, job: {} }, /spec.job.parallelism.*must be 1 or more/],
  "parallelism 0": [{ ...application, job: { parallelism: 0 } }, /spec.job.parallelism.*must be 1 or more/],
  "an ingress without template": [
    { ...session, ingress: { className: "x" } },
    /spec.ingress.*needs a template/,
  ],
  "an ingress class together with Gateways": [
    { ...session, ingress: { template: "x", className: "y", parentRefs: [{ name: "edge" }] } },
    /spec.ingress.parentRefs.*takes no className and no tls/,
  ],
  "an unknown logging file": [
    { ...session, logConfiguration: { "log4j.properties": "" } },
    /spec.logConfiguration.*log4j-console.properties/,
  ],
  "no JobManager": [
    { ...session, jobManager: { replicas: 0 } },
    /spec.jobManager.replicas.*greater than or equal to 1/,
  ],
  "no TaskManager": [
    { ...session, taskManager: { replicas: 0 } },
    /spec.taskManager.replicas.*greater than or equal/,
  ],
};

/** Only specs that the Java operator's CRD accepts can be stored already. */
const acceptedByReference = Object.entries(refusedSpecs).slice(2);

describe("the CRD", () => {
  beforeAll(async () => {
    await kubectl("apply", "-f", ourCrd);
    await waitUntilEstablished();
  });

  it("is applied client-side, and a second time without a change", async () => {
    expect(await kubectl("apply", "-f", ourCrd)).toContain("unchanged");
  });

  it("has a structural schema that kubectl explains", async () => {
    const conditions = await kubectl(
      "get",
      "crd",
      "flinkdeployments.flink.apache.org",
      "-o",
      "jsonpath={.status.conditions[*].type}",
    );
    expect(conditions.split(" ").sort()).toEqual(["Established", "NamesAccepted"]);
    expect(await kubectl("explain", "flinkdep.spec.job.upgradeMode")).toMatch(
      /`last-state`: go on from the newest/,
    );
  });

  describe("accepts", () => {
    it.each(
      Object.entries({
        "an application": application,
        "a session cluster": session,
        "parallelism by TaskManagers": { ...application, job: {}, taskManager: { replicas: 2 } },
        "quantities as numbers and texts": {
          ...session,
          taskManager: { resources: { requests: { cpu: 2, memory: 1073741824 }, limits: { cpu: "2500m" } } },
        },
        "any pod template and any configuration": {
          ...session,
          podTemplate: {
            kind: "Pod",
            spec: { fieldOfTheFuture: [1], containers: [{ name: "x", new: true }] },
          },
          flinkConfiguration: { a: { b: [1, "2", { c: true }] }, "d.e": 0.5, nothing: null },
        },
        "an empty spec, as canaries have": {},
        "a canary's nonce": { restartNonce: 1 },
      }),
    )("%s", async (_, spec) => {
      const created = await client.create(type, object(`accepted-${crypto.randomUUID().slice(0, 8)}`, spec));
      expect(created.spec).toEqual(spec);
    });

    it("a canary without a spec", async () => {
      const created = await client.create(type, object("canary", undefined));
      await client.mergePatch(type, namespace, created.metadata.name, { spec: { restartNonce: 1 } });
      await client.mergePatch(type, namespace, created.metadata.name, { spec: { restartNonce: 2 } });
    });

    describeExamples<{ input: KubeObject }>(
      "the Java operator's",
      (examples) => {
        it("examples, without losing fields", async () => {
          for (const {
            file,
            recording: { input },
          } of examples) {
            const name = `example-${file.toLowerCase().slice(0, 30)}`
              .replaceAll(/[^a-z0-9]+/g, "-")
              .replace(/-$/, "");
            const created = await client.create(type, object(name, input.spec));
            expect(created.spec, file).toEqual(input.spec);
          }
        });
      },
      "FlinkDeployment",
    );
  });

  describe("refuses", () => {
    it.each(Object.entries(refusedSpecs))("%s, as the operator does", async (_, [spec, message]) => {
      await expect(client.create(type, object("refused", spec))).rejects.toThrow(message);
      expect(validateFlinkDeployment(object("refused", spec), emptyConfig)).not.toEqual([]);
    });

    it.each(["1job", "a.b", `a${"b".repeat(45)}`])("the name %s", async (name) => {
      await expect(client.create(type, object(name, application))).rejects.toThrow(/at most 45 lower case/);
    });
  });

  describe("validates a change against the deployed spec", () => {
    const changes: Record<string, readonly [Spec, Spec, RegExp]> = {
      "session to application": [session, application, /spec.job.*cannot be added or removed/],
      "application to session": [application, session, /spec.job.*cannot be added or removed/],
      "native to standalone": [session, { ...session, mode: "standalone" }, /spec.mode.*cannot be changed/],
      "standalone to native": [{ ...session, mode: "standalone" }, session, /spec.mode.*cannot be changed/],
      "a redeployment without a path": [
        application,
        { ...application, job: { ...application.job, savepointRedeployNonce: 1 } },
        /savepointRedeployNonce.*needs initialSavepointPath/,
      ],
    };
    const replaceSpec = (name: string, spec: Spec) =>
      update(name, (current) => {
        const cleared = Object.fromEntries(Object.keys(current.spec as object).map((field) => [field, null]));
        current.spec = { ...cleared, ...spec };
      });

    it.each(Object.entries(changes))(
      "%s: accepted before the first deployment",
      async (_, [before, after]) => {
        const { metadata } = await client.create(
          type,
          object(`free-${crypto.randomUUID().slice(0, 8)}`, before),
        );
        await replaceSpec(metadata.name, after);
        await writeStatus(metadata.name, { error: "x" });
        await replaceSpec(metadata.name, before);
      },
    );

    it.each(Object.entries(changes))(
      "%s: refused after the first deployment",
      async (_, [before, after, message]) => {
        const { metadata } = await client.create(
          type,
          object(`bound-${crypto.randomUUID().slice(0, 8)}`, before),
        );
        await writeStatus(metadata.name, deployedStatus(before));
        await expect(replaceSpec(metadata.name, after)).rejects.toThrow(message);
        await replaceSpec(metadata.name, { ...before, restartNonce: 1 });
      },
    );

    it.each(Object.entries(changes))(
      "%s: can be reverted where it was made before this CRD",
      async (_, [before, after]) => {
        const { metadata } = await client.create(
          type,
          object(`undone-${crypto.randomUUID().slice(0, 8)}`, after),
        );
        await writeStatus(metadata.name, deployedStatus(before));
        await writeStatus(metadata.name, { ...deployedStatus(before), error: "still refused" });
        await replaceSpec(metadata.name, { ...after, restartNonce: 1 });
        await replaceSpec(metadata.name, before);
      },
    );

    it("accepts a redeployment with a path, and the removal of its nonce", async () => {
      const { metadata } = await client.create(type, object("redeployed", application));
      await writeStatus(metadata.name, deployedStatus(application));
      const job = { ...application.job, savepointRedeployNonce: 1, initialSavepointPath: "s3://b/s" };
      await replaceSpec(metadata.name, { ...application, job });
      await writeStatus(metadata.name, deployedStatus({ ...application, job }));
      await replaceSpec(metadata.name, application);
      await replaceSpec(metadata.name, {
        ...application,
        job: { ...application.job, savepointRedeployNonce: 1 },
      });
    });
  });

  it("scales the TaskManagers, but not to zero", async () => {
    await client.create(type, object("scaled", session));
    await kubectl("scale", "flinkdep/scaled", "--replicas=3");
    expect((await client.get(type, namespace, "scaled")).spec).toMatchObject({
      taskManager: { replicas: 3 },
    });
    await expect(kubectl("scale", "flinkdep/scaled", "--replicas=0")).rejects.toThrow(
      /greater than or equal to 1/,
    );
  });

  it("has the printer columns of the Java operator's CRD, and the age", async () => {
    await client.create(type, object("shown", application));
    await writeStatus("shown", { lifecycleState: "STABLE", jobStatus: { state: "RUNNING" } });
    const [header, row] = (await kubectl("get", "flinkdep", "shown")).split("\n");
    expect(header).toMatch(/^NAME +JOB STATUS +LIFECYCLE STATE +AGE *$/);
    expect(row).toMatch(/^shown +RUNNING +STABLE +\S+ *$/);
  });
});

describeWith("reference/crds", "the CRD as a replacement of the Java operator's", (folder) => {
  const referenceCrd = join(folder, "flinkdeployments.flink.apache.org-v1.yaml");
  /** Each was stored with the Java operator's CRD; "rejected": the Java operator has reported the error in its status. */
  const invalid = [
    ...acceptedByReference.map(([what, [spec]], index) => ({ what, name: `spec-${index}`, spec })),
    { what: "a name that is too long", name: `a${"b".repeat(50)}`, spec: application },
  ];
  const stored = invalid.flatMap(({ what, name, spec }) => [
    { what, name: `${name}-rejected`, spec, rejected: true },
    { what: `${what}, never reconciled`, name: `${name}-new`, spec, rejected: false },
  ]);

  beforeAll(async () => {
    await kubectl("delete", "crd", "flinkdeployments.flink.apache.org", "--ignore-not-found");
    await kubectl("create", "-f", referenceCrd);
    await waitUntilEstablished();
    for (const { name, spec, rejected } of stored) {
      await eventually(`${name} is created`, async () => {
        const { metadata } = await client.create(type, object(name, spec));
        return metadata.name === name;
      });
      if (rejected) await writeStatus(name, { error: "invalid", lifecycleState: "FAILED" });
    }
    await kubectl("replace", "-f", ourCrd);
    await eventually("the new schema is in force", async () => {
      const refused = await client.create(type, object("probe", { ingress: {} }), { dryRun: true }).then(
        () => false,
        () => true,
      );
      return refused;
    });
  });

  it.each(stored)("leaves $what manageable", async ({ name }) => {
    await writeStatus(name, { error: "invalid", observedGeneration: 1 });
    await client.mergePatch(type, namespace, name, { metadata: { finalizers: ["flink.apache.org/test"] } });
    await client.mergePatch(type, namespace, name, { metadata: { labels: { a: "b" } } });
    await client.delete(type, namespace, name);
    await writeStatus(name, { error: "invalid", lifecycleState: "DELETING" });
    await client.mergePatch(type, namespace, name, { metadata: { finalizers: [] } });
    await expect(client.get(type, namespace, name)).rejects.toThrow(/not found/);
  });

  it("can be replaced by the Java operator's CRD again", async () => {
    await client.create(type, object("back", application));
    await kubectl("replace", "-f", referenceCrd);
    await client.mergePatch(type, namespace, "back", { spec: { restartNonce: 1 } });
  });
});
