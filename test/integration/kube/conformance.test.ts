import { afterAll, beforeAll, test } from "vitest";
import type { KubeClient } from "../../../src/kube/client.ts";
import { kubeApiCases } from "../../support/conformance/kubeApi.ts";
import { clientOf, createNamespace, sharedControlPlane } from "../../support/controlPlane.ts";
import { defineFlinkDeployments } from "../../support/crds.ts";
import { eventually } from "../../support/eventually.ts";

// The same cases run against the simulation (test/sim/fidelity.test.ts).

let client: KubeClient;
beforeAll(async () => {
  client = clientOf(sharedControlPlane());
  await defineFlinkDeployments(client);
});
afterAll(() => client.close());

test.each(kubeApiCases)("real Kubernetes: $name", async ({ run }) => {
  await run({ api: client, namespace: await createNamespace(client, "conformance"), eventually });
});
