import { expect, test } from "vitest";
import { keepingOnly, withoutBookkeeping, withScaleRecords } from "./projection.ts";

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

test("removes the bookkeeping from a copy, not from its argument", () => {
  const given = object();
  expect(withoutBookkeeping(given)).toEqual({
    ...object(),
    metadata: { name: "a", annotations: { mine: "yes" } },
  });
  expect(given).toEqual(object());
});

test("keeps the managedFields entries of the scale subresource on request", () => {
  const [scaled, other] = [{ subresource: "scale" }, { subresource: "status" }];
  const { metadata, ...rest } = object();
  const given = { ...rest, metadata: { ...metadata, managedFields: [{}, scaled, other] } };
  expect(withScaleRecords(given).metadata).toEqual({
    name: "a",
    annotations: { mine: "yes" },
    managedFields: [scaled],
  });
});

test("keeps only the named fields, the type and the metadata", () => {
  expect(keepingOnly("status", "absent")(object())).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", annotations: { mine: "yes" } },
    status: { phase: "Running" },
  });
});
