import { expect, test } from "vitest";
import { resourceTypes } from "../api/kubernetes.ts";
import { resourcePath } from "./paths.ts";

test.each([
  [resourceTypes.pod, {}, {}, "/api/v1/pods"],
  [resourceTypes.pod, { namespace: "a" }, {}, "/api/v1/namespaces/a/pods"],
  [
    resourceTypes.flinkDeployment,
    { namespace: "a", name: "b", subresource: "status" as const },
    {},
    "/apis/flink.apache.org/v1beta1/namespaces/a/flinkdeployments/b/status",
  ],
  [
    resourceTypes.deployment,
    { namespace: "a" },
    { labelSelector: "app=b,component in (c,d)", continue: undefined, watch: 1 },
    "/apis/apps/v1/namespaces/a/deployments?labelSelector=app%3Db%2Ccomponent+in+%28c%2Cd%29&watch=1",
  ],
  [
    resourceTypes.pod,
    { namespace: "a", name: "../secrets/x" },
    {},
    "/api/v1/namespaces/a/pods/..%2Fsecrets%2Fx",
  ],
])("%s %o %o", (type, location, query, path) => {
  expect(resourcePath(type, location, query)).toBe(path);
});
