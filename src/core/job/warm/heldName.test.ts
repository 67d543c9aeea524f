import { expect, test } from "vitest";
import { decideFlinkDeployment } from "../../flinkdeployment/decide.ts";
import { noFacts } from "../model/facts.ts";
import { anInput, aResource, aSpec, aStatus } from "../situation.fixture.ts";

const held = { ...noFacts, heldBy: "base" };
const { job: _, ...session } = aSpec;

test.each([
  ["an application that was never deployed", aSpec, undefined],
  ["a session cluster that was never deployed", session, undefined],
  ["an application whose cluster is gone", aSpec, aStatus(aSpec)],
])("nothing is done in the cluster of another FlinkDeployment: %s", (__, spec, status) => {
  const decision = decideFlinkDeployment(anInput(aResource(spec, status), held));
  expect(decision.actions).toEqual([]);
  expect(decision.status.error).toContain(
    "metadata.name: a Flink cluster of the FlinkDeployment base is called job",
  );
  expect(decision.events.map(({ type }) => type)).toContain("Warning");
  const again = decideFlinkDeployment(anInput(aResource(spec, decision.status), held));
  expect(again.events).toEqual([]);
});

test("the deletion of such a resource leaves what is there", () => {
  const resource = aResource(aSpec, aStatus(aSpec), { deletionTimestamp: "2026-01-01T00:00:00Z" });
  expect(decideFlinkDeployment(anInput(resource, held)).actions).toEqual([{ kind: "remove-finalizer" }]);
});
