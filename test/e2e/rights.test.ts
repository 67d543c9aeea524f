import { expect, inject, test } from "vitest";
import { auditLog } from "./support/auditLog.ts";
import { operatorNamespace } from "./support/operator.ts";

/** After all stories, or those that were told: what the API server noted of the operator and its webhook since then. */
test("whatever the operator asked for, the chart's roles grant it", async () => {
  let granted = 0;
  const refused = new Set<string>();
  for await (const { user, verb, objectRef, annotations } of auditLog(inject("startedAt"))) {
    if (!user.username.startsWith(`system:serviceaccount:${operatorNamespace}:`)) continue;
    if (annotations?.["authorization.k8s.io/decision"] !== "forbid") {
      granted++;
      continue;
    }
    const { apiGroup = "", resource = "", subresource, namespace = "the cluster" } = objectRef ?? {};
    const what = subresource === undefined ? resource : `${resource}/${subresource}`;
    refused.add(`${verb} ${apiGroup}/${what} in ${namespace}, by ${user.username}`);
  }
  expect([...refused]).toEqual([]);
  expect(granted).toBeGreaterThan(0);
});
