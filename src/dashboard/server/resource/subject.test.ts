import { expect, test } from "vitest";
import { appLabelsOf } from "./subject.ts";

test.each([
  [{}, ["job"]],
  [{ clusterId: "job-warm" }, ["job-warm"]],
  [{ warmUpgrade: { clusterId: "job-warm" } }, ["job", "job-warm"]],
  [
    { clusterId: "job-warm", warmUpgrade: { clusterId: "job-warm", savepoint: "file:/1" } },
    ["job-warm", "job"],
  ],
  [{ warmUpgrade: { clusterId: "job", savepoint: "file:/1" } }, ["job", "job-warm"]],
])("the clusters of a FlinkDeployment, that of its job first: %j", (status, labels) => {
  expect(appLabelsOf({ metadata: { name: "job" }, status })).toEqual(labels);
});
