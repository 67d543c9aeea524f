import { expect, inject, test } from "vitest";
import { auditLog } from "./support/auditLog.ts";
import { operatorNamespace } from "./support/operator.ts";

/**
 * After all stories, or those that were told: what the API server noted of the operator and its webhook since then. A right that
 * was granted before was not forgotten: Helm takes roles away while the pods that had them are still ending.
 */
test("whatever the operator asked for, the chart's roles grant it", async () => {
  const granted = new Set<string>();
  const refused = new Set<string>();
  for await (const { user, verb, objectRef, annotations } of auditLog(inject("startedAt"))) {
    if (!user.username.startsWith(`system:serviceaccount:${operatorNamespace}:`)) continue;
    const { apiGroup = "", resource = "", subresource, namespace = "the cluster" } = objectRef ?? {};
    const what = subresource === undefined ? resource : `${resource}/${subresource}`;
    const call = `${verb} ${apiGroup}/${what} in ${namespace}, by ${user.username}`;
    if (annotations?.["authorization.k8s.io/decision"] !== "forbid") granted.add(call);
    else if (!granted.has(call)) refused.add(call);
  }
  expect([...refused]).toEqual([]);
  expect(granted.size).toBeGreaterThan(0);
});
