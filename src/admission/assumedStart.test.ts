import { expect, it, vi } from "vitest";
import { emptyConfig } from "../config/flinkConfig.ts";
import { specConfiguration } from "../core/flinkdeployment/specConfiguration.ts";
import { aResource, aStatus, withJobSpec } from "../core/job/situation.fixture.ts";
import { foresee } from "../core/plan/foresee.ts";
import { assumedStart } from "./assumedStart.ts";

vi.mock(import("../core/flinkdeployment/specConfiguration.ts"), async (original) => {
  const actual = await original();
  return { ...actual, specConfiguration: vi.fn(actual.specConfiguration) };
});

it("configures each spec once, however often the plan decides", () => {
  const spec = {
    ...withJobSpec({ upgradeMode: "savepoint" }),
    flinkConfiguration: { "state.checkpoints.dir": "file:///c", "state.savepoints.dir": "file:///s" },
    jobManager: { resource: { cpu: 1, memory: "1024m" } },
    taskManager: { resource: { cpu: 1, memory: "1024m" } },
  };
  const resource = aResource({ ...spec, image: "flink:9" }, aStatus(spec));
  const { passes } = foresee(assumedStart(emptyConfig, resource));
  expect(passes.length).toBeGreaterThan(3);
  // The edited spec, and those that are recorded in turn: the deployed one, the same when it is suspended, the new one.
  expect(vi.mocked(specConfiguration).mock.calls.length).toBeLessThanOrEqual(4);
});
