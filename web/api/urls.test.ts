import { expect, test } from "vitest";
import { idOf, refOf, urlOf } from "./urls.ts";

const ref = { cluster: "eu", plural: "flinkdeployments", namespace: "orders", name: "a" } as const;

test("a reference and its id", () => {
  expect(idOf(ref)).toBe("eu/flinkdeployments/orders/a");
  expect(refOf("eu/flinkdeployments/orders/a")).toEqual(ref);
});

test.each(["", "eu/pods/orders/a", "eu/flinkdeployments/orders", "eu/flinkdeployments/orders/a/b"])(
  "%j is no id",
  (id) => expect(refOf(id)).toBeUndefined(),
);

test("no part of a reference leaves its segment of the path", () => {
  const url = urlOf("logs", { ...ref, name: "../x?y" }, { pod: "a&b" });
  expect(url).toBe("/api/clusters/eu/namespaces/orders/flinkdeployments/..%2Fx%3Fy/logs?pod=a%26b");
});
