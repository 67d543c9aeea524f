import { describe, expect, test } from "vitest";
import type { FleetEvent, FleetRow } from "../../src/dashboard/contract.ts";
import { applyFleetEvent, emptyFleet } from "./fleet.ts";

const row = (cluster: string, name: string, more: Partial<FleetRow> = {}): FleetRow => ({
  id: `${cluster}/flinkdeployments/x/${name}`,
  cluster,
  plural: "flinkdeployments",
  namespace: "x",
  name,
  labels: {},
  health: "Ready",
  message: "",
  createdAt: "2026-01-01T00:00:00Z",
  ...more,
});
const rows = (cluster: string, names: string[], first: boolean, last: boolean): FleetEvent => ({
  type: "rows",
  cluster,
  rows: names.map((name) => row(cluster, name)),
  first,
  last,
});
const fleetOf = (...events: FleetEvent[]) => events.reduce(applyFleetEvent, emptyFleet);
const names = (fleet: ReturnType<typeof fleetOf>) => [...fleet.rows.values()].map(({ name }) => name);

describe("the rows of a cluster", () => {
  test("are seen with the first part", () => {
    const fleet = fleetOf(rows("a", ["1"], true, false));
    expect(names(fleet)).toEqual(["1"]);
    expect(fleet.complete.has("a")).toBe(false);
  });

  test("are complete with the last", () => {
    const fleet = fleetOf(rows("a", ["1"], true, false), rows("a", ["2"], false, true));
    expect(names(fleet)).toEqual(["1", "2"]);
    expect(fleet.complete.has("a")).toBe(true);
  });

  test("stay while they are listed again, and those that are gone go with the last part", () => {
    const again = [
      rows("a", ["1", "2"], true, true),
      rows("b", ["9"], true, true),
      rows("a", ["2"], true, false),
    ];
    expect(names(fleetOf(...again))).toEqual(["1", "2", "9"]);
    expect(names(fleetOf(...again, rows("a", ["3"], false, true)))).toEqual(["9", "2", "3"]);
  });

  test("begin anew when a listing was cut off", () => {
    const fleet = fleetOf(rows("a", ["1"], true, false), rows("a", ["2"], true, true));
    expect(names(fleet)).toEqual(["2"]);
  });

  test("a change while they are listed again is not lost", () => {
    const fleet = fleetOf(
      rows("a", ["1", "2"], true, true),
      rows("a", ["1", "2"], true, false),
      { type: "changes", upserts: [row("a", "1", { health: "Stalled" })], deletes: [row("a", "2").id] },
      rows("a", [], false, true),
    );
    expect([...fleet.rows.values()].map(({ name, health }) => [name, health])).toEqual([["1", "Stalled"]]);
  });
});

test("problems replace those of their cluster", () => {
  const fleet = fleetOf(
    { type: "problems", cluster: "a", messages: ["no"] },
    { type: "problems", cluster: "b", messages: ["neither"] },
    { type: "problems", cluster: "a", messages: [] },
  );
  expect([...fleet.problems]).toEqual([
    ["a", []],
    ["b", ["neither"]],
  ]);
});

test("what was seen of a cluster goes with its login", () => {
  const fleet = fleetOf(
    rows("a", ["1"], true, true),
    rows("b", ["2"], true, true),
    { type: "problems", cluster: "a", messages: ["no"] },
    { type: "ended", cluster: "a", message: "The token has expired." },
  );
  expect(names(fleet)).toEqual(["2"]);
  expect([...fleet.problems.keys()]).toEqual([]);
  expect([...fleet.complete]).toEqual(["b"]);
});
