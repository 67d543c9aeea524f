import fc from "fast-check";
import { expect, test } from "vitest";
import { healths } from "../../src/dashboard/contract.ts";
import { hrefOf, parseRoute, type Route, sortColumns, tabs, wholeFleet } from "./route.ts";

const searchOf = (route: Route): string => new URL(hrefOf(route), "http://dashboard").search;

test("an empty query is the whole fleet, trouble first", () => {
  expect(parseRoute("")).toEqual({ page: "fleet", query: wholeFleet });
  expect(hrefOf({ page: "fleet", query: wholeFleet })).toBe("/");
});

test("a resource's address can be read", () => {
  const ref = { cluster: "eu", plural: "flinkdeployments", namespace: "orders", name: "checkout" } as const;
  expect(hrefOf({ page: "resource", ref, tab: "pods" })).toBe(
    "/?resource=eu/flinkdeployments/orders/checkout&tab=pods",
  );
  expect(hrefOf({ page: "resource", ref, tab: "overview" })).not.toContain("tab");
});

test.each([
  ["?resource=eu/secrets/orders/checkout", "fleet"],
  ["?resource=eu/flinkdeployments/orders/checkout&tab=nonsense", "resource"],
])("%s is the page %s", (search, page) => expect(parseRoute(search).page).toBe(page));

test("what it does not know stays at its default", () => {
  expect(parseRoute("?sort=-nonsense&health=Wrong,Ready&group=whatever")).toEqual({
    page: "fleet",
    query: { ...wholeFleet, healths: ["Ready"], descending: true },
  });
});

test("every query comes back from its address", () => {
  const text = fc.string({ unit: "grapheme" });
  const query = fc.record({
    text,
    healths: fc.uniqueArray(fc.constantFrom(...healths)),
    namespace: text,
    label: text,
    version: text,
    kind: text,
    cluster: text,
    sort: fc.constantFrom(...sortColumns),
    descending: fc.boolean(),
    group: fc.oneof(
      fc.constantFrom("", "namespace", "cluster"),
      fc
        .string({ minLength: 1 })
        .filter((key) => !/[\r\n]/.test(key))
        .map((key) => `label:${key}`),
    ),
  });
  fc.assert(
    fc.property(query, (each) => {
      expect(parseRoute(searchOf({ page: "fleet", query: each }))).toEqual({ page: "fleet", query: each });
    }),
  );
});

test.each(tabs)("the tab %s comes back from its address", (tab) => {
  const ref = { cluster: "a b", plural: "flinksessionjobs", namespace: "x", name: "y" } as const;
  const route: Route = { page: "resource", ref, tab };
  expect(parseRoute(searchOf(route))).toEqual(route);
});
