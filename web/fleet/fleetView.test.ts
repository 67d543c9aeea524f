import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FleetRow, healths } from "../../src/dashboard/contract.ts";
import { type FleetQuery, sortColumns, wholeFleet } from "../routing/route.ts";
import { comparatorOf, filterOptions, viewOf } from "./fleetView.ts";

const row = (name: string, more: Partial<FleetRow> = {}): FleetRow => ({
  id: `eu/flinkdeployments/x/${name}`,
  cluster: "eu",
  plural: "flinkdeployments",
  namespace: "x",
  name,
  labels: {},
  health: "Ready",
  message: "",
  createdAt: "2026-01-01T00:00:00Z",
  ...more,
});

const rows = [
  row("a", { flinkVersion: "v1_20", labels: { team: "red" }, parallelism: 4 }),
  row("b", { health: "Stalled", message: "The image cannot be pulled", flinkVersion: "v2_3" }),
  row("c", {
    health: "InProgress",
    namespace: "y",
    cluster: "us",
    labels: { team: "blue" },
    parallelism: 16,
  }),
  row("d", { plural: "flinksessionjobs", flinkVersion: "v1_9", labels: { team: "red" } }),
];

const namesOf = (query: Partial<FleetQuery>, collapsed?: Set<string>) =>
  viewOf(rows, { ...wholeFleet, ...query }, collapsed).items.map((item) =>
    item.type === "row" ? item.row.name : `[${item.title} ${item.count}]`,
  );

describe("filters", () => {
  test.each<[Partial<FleetQuery>, string]>([
    [{}, "bcad"],
    [{ text: "PULLED image" }, "b"],
    [{ text: "nothing" }, ""],
    [{ healths: ["Stalled", "InProgress"] }, "bc"],
    [{ namespace: "y" }, "c"],
    [{ cluster: "eu" }, "bad"],
    [{ label: "team" }, "cad"],
    [{ label: "team=red" }, "ad"],
    [{ label: "toString" }, ""],
    [{ version: "v2_3" }, "b"],
    [{ kind: "flinksessionjobs" }, "d"],
  ])("%j", (query, names) => expect(namesOf(query).join("")).toBe(names));

  test("the counts are of what all filters but that on health leave", () => {
    const { counts, shown } = viewOf(rows, { ...wholeFleet, cluster: "eu", healths: ["Stalled"] });
    expect(shown).toBe(1);
    expect(counts).toMatchObject({ Ready: 2, Stalled: 1, InProgress: 0 });
  });
});

describe("order", () => {
  test.each<[Partial<FleetQuery>, string]>([
    [{ sort: "name", descending: true }, "dcba"],
    [{ sort: "version" }, "dabc"],
    [{ sort: "parallelism", descending: true }, "cabd"],
    [{ sort: "parallelism" }, "acbd"],
  ])("%j", (query, names) => expect(namesOf(query).join("")).toBe(names));

  test("is total for every column", () => {
    const some = fc.record({
      name: fc.constantFrom("a", "b", "c"),
      health: fc.constantFrom(...healths),
      parallelism: fc.option(fc.nat(3), { nil: undefined }),
      changedAt: fc.option(fc.constantFrom("2026", "2027"), { nil: undefined }),
    });
    const three = fc.tuple(some, some, some);
    fc.assert(
      fc.property(three, fc.constantFrom(...sortColumns), fc.boolean(), (parts, column, descending) => {
        const [a, b, c] = parts.map(({ name, ...more }) => row(name, more as Partial<FleetRow>)) as [
          FleetRow,
          FleetRow,
          FleetRow,
        ];
        const compare = comparatorOf(column, descending);
        expect(Math.sign(compare(a, b))).toBe(0 - Math.sign(compare(b, a)));
        if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe("groups", () => {
  test("are in the order of their worst member", () => {
    expect(namesOf({ group: "cluster" })).toEqual(["[eu 3]", "b", "a", "d", "[us 1]", "c"]);
  });

  test("of a label, with one for those without", () => {
    expect(namesOf({ group: "label:team" })).toEqual([
      ...["[without label team 1]", "b"],
      ...["[team=blue 1]", "c"],
      ...["[team=red 2]", "a", "d"],
    ]);
  });

  test("a collapsed one keeps its head", () => {
    expect(namesOf({ group: "cluster" }, new Set(["group:eu"]))).toEqual(["[eu 3]", "[us 1]", "c"]);
  });
});

test("the filters offer what is there", () => {
  expect(filterOptions(rows)).toEqual({
    clusters: ["eu", "us"],
    namespaces: ["x", "y"],
    versions: ["v1_9", "v1_20", "v2_3"],
    kinds: ["flinkdeployments", "flinksessionjobs"],
    labels: ["team=blue", "team=red"],
    labelKeys: ["team"],
  });
});
