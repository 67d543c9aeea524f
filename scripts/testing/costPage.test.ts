import { expect, test } from "vitest";
import { buildTestCostPage, total } from "./costPage.ts";
import { type LayerResult, mostExpensive } from "./results.ts";
import { printTable } from "./table.ts";

const unit: LayerResult = { layer: "unit", passed: 10, failed: 0, skipped: 1, seconds: 60, cpuSeconds: 110 };
const e2e: LayerResult = { layer: "e2e", passed: 3, failed: 1, skipped: 0, seconds: 900, cpuSeconds: 1_700 };
const provenance = { commit: "abc", date: "2026-01-02", cores: 2 };

test("the most expensive by the clock come first, in whole seconds", () => {
  const test = (name: string, seconds: number) => ({ layer: "unit", test: name, seconds, cpuSeconds: 0.4 });
  expect(mostExpensive([test("a", 1.2), test("b", 30.6), test("c", 7)], 2)).toEqual([
    { layer: "unit", test: "b", seconds: 31, cpuSeconds: 0 },
    { layer: "unit", test: "c", seconds: 7, cpuSeconds: 0 },
  ]);
});

test("layers are added up", () => {
  const sum = { layer: "all", passed: 13, failed: 1, skipped: 1, seconds: 960, cpuSeconds: 1_810 };
  expect(total([unit, e2e])).toEqual(sum);
});

test("the page has the last run and each layer's last whole run", () => {
  const test = { layer: "e2e", test: "a | b", seconds: 200, cpuSeconds: 300 };
  const page = buildTestCostPage({ ...provenance, turn: 7, layers: [unit, e2e], tests: [test] }, [
    { ...e2e, ...provenance },
  ]);
  expect(page).toContain("of commit abc, turn 7, on 2026-01-02, with 2 cores");
  expect(page).toContain("| unit | 10 | 0 | 1 | 60 | 110 |");
  expect(page).toContain("| e2e | a \\| b | 200 | 300 |");
  expect(page).toContain("| e2e | 3 | 1 | 0 | 900 | 1700 | abc | 2026-01-02 |");
});

test("before any run there is a page, too", () => {
  expect(buildTestCostPage(undefined, [])).toContain("No run is recorded.");
});

test("numbers stand to the right", () => {
  const columns = [{ title: "layer" }, { title: "seconds", numeric: true }];
  expect(printTable(columns, [["unit", 60]])).toBe("layer  seconds\nunit        60");
});
