import { expect, it } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { noColours } from "../../views/format.ts";
import { fleetTable, statusView } from "../../views/statusView.ts";
import { holding, runCommand } from "./fakeKubectl.fixture.ts";
import { file, image, live, manifest, running, stored } from "./runningJob.fixture.ts";

const fleet = (size: number): readonly KubeObject[] =>
  Array.from({ length: size }, (_, at) => ({ ...live, metadata: { ...live.metadata, name: `job-${at}` } }));

/** The shortest of several runs, in milliseconds: what it takes where nothing else runs. */
function shortest(run: () => void): number {
  const times = Array.from({ length: 7 }, () => {
    const began = performance.now();
    run();
    return performance.now() - began;
  });
  return Math.min(...times);
}

it("shows a thousand resources with two requests", async () => {
  const { stdout, calls } = await runCommand(holding(...fleet(1_000)), "status", "-n", "ns");
  expect(stdout.trim().split("\n")).toHaveLength(1_001);
  expect(calls).toHaveLength(2);
});

it("makes the table of a thousand in a few times what it takes to read their JSON", () => {
  const text = JSON.stringify(fleet(1_000));
  const reading = shortest(() => JSON.parse(text));
  const showing = shortest(() => {
    const views = fleet(1_000).map((each) => statusView(each, 0));
    fleetTable(views, { allNamespaces: true, wide: true, paint: noColours });
  });
  expect(showing / reading).toBeLessThan(40);
});

it("plans with one dry run and at most twenty-five reads", async () => {
  const { calls } = await runCommand([stored(image), ...running], "plan", "-f", file(manifest(image)));
  expect(calls.filter(({ args }) => args.startsWith("apply"))).toHaveLength(1);
  expect(calls.length).toBeLessThanOrEqual(25);
});

it("shows the waves below the table of all resources", async () => {
  const named = (name: string, status: object) => ({ ...live, metadata: { ...live.metadata, name }, status });
  const waiting = { pendingChange: { generation: 2, waitsFor: "Wave" } };
  const fleet = [
    named("a", { disruption: { startedAt: "2026-01-01T00:00:00Z" } }),
    named("b", { disruption: { startedAt: "2026-01-01T00:00:00Z", failedAt: "2026-01-01T00:01:00Z" } }),
    ...["c", "d", "e", "f", "g", "h"].map((name) => named(name, waiting)),
    named("i", {}),
  ];
  const { stdout } = await runCommand(holding(...fleet), "status", "-n", "ns");
  expect(stdout.trimEnd().split("\n").slice(-2)).toEqual([
    "",
    "Wave in ns: 1 restarting (a); 1 failed (b); 6 waiting (c, d, e, f, g, …)",
  ]);
  const { stdout: calm } = await runCommand(holding(live), "status", "-n", "ns");
  expect(calm).not.toContain("Wave");
});
