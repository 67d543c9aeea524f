import { beforeAll, expect, inject, test } from "vitest";
import {
  admissionConfigurationPermissions,
  admissionSecretPermissions,
  crdPermissions,
  leaderElectionPermissions,
  namespacePermissions,
} from "../../src/controllers/permissions.ts";
import { grantOf, grantsOf } from "../support/grants.ts";
import { auditLog, isRefused } from "./support/auditLog.ts";
import { operatorNamespace } from "./support/operator.ts";

// After all scenarios, or those that ran: what the API server noted of the operator, its webhook and its hook.
const isOperators = new RegExp(`^system:serviceaccount:(${operatorNamespace}|e2e-.*-operator):`);
const used = new Set<string>();
const refused = new Set<string>();
const namespaces = new Set<string>();

beforeAll(async () => {
  const granted = new Set<string>();
  for await (const event of auditLog(inject("startedAt"))) {
    const { user, verb, objectRef, responseStatus } = event;
    const { apiGroup = "", resource = "", subresource, namespace = "the cluster" } = objectRef ?? {};
    namespaces.add(namespace);
    if (!isOperators.test(user.username)) continue;
    const what = subresource === undefined ? resource : `${resource}/${subresource}`;
    const grant = grantOf(apiGroup, what, verb);
    const call = `${grant} in ${namespace}, by ${user.username}`;
    if (!isRefused(event)) {
      used.add(grant);
      granted.add(call);
    }
    // One that was granted before was not forgotten: Helm takes roles away while the pods that had them still end.
    else if (!granted.has(call)) refused.add(call);
    // What an apply creates takes the right to create besides, which is not noted.
    if (verb === "patch" && responseStatus?.code === 201) used.add(grantOf(apiGroup, what, "create"));
  }
});

test("whatever the operator asked for, the chart's roles grant it", () => {
  expect([...refused]).toEqual([]);
  expect(used.size).toBeGreaterThan(0);
});

test("what no run of the fault suite uses of the chart's roles, the scenarios use", ({ skip }) => {
  const ran = [...namespaces].some((name) => name.startsWith("e2e-chart-"));
  skip(!ran, "test/e2e/chart.test.ts did not run, which installs the operator with all of its roles");
  const ofStories = [
    ...leaderElectionPermissions,
    ...admissionSecretPermissions,
    ...admissionConfigurationPermissions,
    ...crdPermissions,
    ...namespacePermissions.filter(({ inStories }) => inStories),
  ];
  expect([...grantsOf(ofStories)].filter((grant) => !used.has(grant))).toEqual([]);
});
