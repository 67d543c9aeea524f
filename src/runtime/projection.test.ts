import { expect, test } from "vitest";
import { keepingOnly, keepingScaleRecords, withoutBookkeeping } from "./projection.ts";

const object = () => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "a",
    managedFields: [{}],
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", mine: "yes" },
  },
  spec: { containers: [] },
  status: { phase: "Running" },
});

test("leaves the bookkeeping out of a copy, not out of the object given", () => {
  const given = object();
  expect(withoutBookkeeping(given)).toEqual({
    ...object(),
    metadata: { name: "a", annotations: { mine: "yes" } },
  });
  expect(given).toEqual(object());
});

test("keeps who scaled an object, where that is wanted", () => {
  const [scaled, other] = [{ subresource: "scale" }, { subresource: "status" }];
  const { metadata, ...rest } = object();
  const given = { ...rest, metadata: { ...metadata, managedFields: [{}, scaled, other] } };
  expect(keepingScaleRecords(given).metadata).toEqual({
    name: "a",
    annotations: { mine: "yes" },
    managedFields: [scaled],
  });
});

test("keeps only what it is told, and what the object is", () => {
  expect(keepingOnly("status", "absent")(object())).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", annotations: { mine: "yes" } },
    status: { phase: "Running" },
  });
});
