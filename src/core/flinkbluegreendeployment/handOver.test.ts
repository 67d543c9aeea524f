/** Statuses in which the Java operator may hand a resource over. */
import { describe, expect, test } from "vitest";
import {
  aChild,
  aResource,
  at,
  decide,
  idle,
  kinds,
  reconciled,
  template,
  toGreen,
} from "./decide.fixture.ts";
import type { ChildFacts } from "./facts.ts";

const createdAt = (child: ChildFacts, creationTimestamp: string): ChildFacts => ({
  ...child,
  resource: { ...child.resource, metadata: { ...child.resource.metadata, creationTimestamp } },
});

describe("a BLUE that was changed in place beside a GREEN that a crash of the Java operator has left", () => {
  const spec = template({ initialSavepointPath: "s3://0" });
  const inPlace = { ...toGreen, blueGreenState: "TRANSITIONING_TO_BLUE", ...reconciled(spec) } as const;
  const green = createdAt(aChild("GREEN", template({ initialSavepointPath: "s3://1" })), at(-1_000));
  const blue = createdAt(aChild("BLUE", spec, { status: {} }), at(-60_000));

  test("is not given up: GREEN has older state", () => {
    const { actions, status } = decide(aResource(spec, { ...inPlace, abortTimestamp: at(-1) }), {
      BLUE: blue,
      GREEN: green,
    });
    expect(actions).toEqual([]);
    expect(status).toMatchObject({
      blueGreenState: "TRANSITIONING_TO_BLUE",
      error: "The FlinkDeployment 'app-blue' is not ready after its time. It is waited for.",
    });
  });

  test("does not start anew from what it was once started from", () => {
    const edited = template({ initialSavepointPath: "s3://0" }, { image: "flink:3" });
    const { actions, afterStatus } = decide(aResource(edited, inPlace), { BLUE: blue, GREEN: green });
    expect(kinds(actions)).toEqual(["patch-child"]);
    expect(afterStatus).toEqual([]);
  });

  test("needs no verification", () => {
    const resource = aResource(spec, inPlace);
    const configuration = { "kubernetes.operator.bluegreen.promote": "manual" };
    const stable = createdAt(aChild("BLUE", spec), at(-60_000));
    const { status } = decide(
      { ...resource, spec: { ...resource.spec, configuration } },
      { BLUE: stable, GREEN: green },
    );
    expect(status).toMatchObject({ deploymentReadyTimestamp: at(0) });
  });
});

describe("a first deployment after one that the Java operator gave up", () => {
  const spec = template();
  const again = {
    ...toGreen,
    blueGreenState: "TRANSITIONING_TO_BLUE",
    ...idle,
    abortTimestamp: at(-1),
    ...reconciled(spec),
  } as const;
  const give = (status: object, path?: string, own: object = {}) =>
    decide(aResource(spec, { ...again, ...own }), {
      BLUE: aChild("BLUE", path === undefined ? spec : template({ initialSavepointPath: path }), { status }),
    });

  test("is given up in its time, too", () => {
    const { actions, status } = give({ lifecycleState: "DEPLOYED" });
    expect(kinds(actions)).toEqual(["patch-child"]);
    expect(status).toMatchObject({ blueGreenState: "INITIALIZING_BLUE", jobStatus: { state: "FAILING" } });
  });

  test("stays one after an edit", () => {
    const edited = aResource(template({}, { image: "flink:3" }), again);
    const { status } = decide(edited, { BLUE: aChild("BLUE", spec, { status: {} }) });
    expect(status).toMatchObject({ decisions: [{ act: "Upgrade" }], abortTimestamp: at(600_000) });
    expect(status.deploymentReadyTimestamp).toBeUndefined();
  });

  test.each<[string, object, string | undefined, object]>([
    ["was stable once", { reconciliationStatus: { lastStableSpec: "{}" } }, undefined, {}],
    ["has a snapshot of its own", { jobStatus: { upgradeSavepointPath: "s3://own" } }, undefined, {}],
    ["came back from a savepoint", {}, "s3://last", {}],
    ["was changed by this operator", {}, undefined, { decisions: [{ act: "Resume" }] }],
  ])("is none where BLUE %s: it is waited for", (_, status, path, own) => {
    expect(give(status, path, own)).toMatchObject({
      actions: [],
      status: { blueGreenState: "TRANSITIONING_TO_BLUE", jobStatus: { state: "FAILING" } },
    });
  });
});
