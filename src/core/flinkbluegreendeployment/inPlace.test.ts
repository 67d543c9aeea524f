import { describe, expect, test } from "vitest";
import { formatLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import {
  aChild,
  activeBlue,
  aResource,
  at,
  decide,
  kinds,
  one,
  reconciled,
  template,
  two,
} from "./decide.fixture.ts";

const suspended = template({ state: "suspended" });
const stopped = {
  lifecycleState: "SUSPENDED",
  jobStatus: { upgradeSavepointPath: "s3://stopped" },
  reconciliationStatus: {
    lastReconciledSpec: formatLastReconciledSpec(suspended, { firstDeployment: false }),
  },
};
const from = (path: string, job: object = {}) => template({ initialSavepointPath: path, ...job });
const pathIn = (actions: readonly unknown[]) => (actions[0] as PatchOfJob).spec.job.initialSavepointPath;
interface PatchOfJob {
  readonly spec: { readonly job: { readonly initialSavepointPath?: string } };
}

describe("a FlinkDeployment that was created again", () => {
  const again = { ...activeBlue, jobStatus: { state: "SUSPENDED" } as const, ...reconciled(suspended) };

  test("suspended is suspended as it is, and starts from its savepoint when it is resumed", () => {
    const { status } = decide(aResource(suspended, { ...again, savepointPath: "s3://p" }), {});
    const BLUE = aChild("BLUE", from("s3://p", { state: "suspended" }), {
      status: { lifecycleState: "CREATED" },
    });
    const settled = decide(aResource(suspended, status), { BLUE });
    expect(settled.status).toMatchObject({
      blueGreenState: "ACTIVE_BLUE",
      jobStatus: { state: "SUSPENDED" },
    });
    expect(pathIn(decide(aResource(one, settled.status), { BLUE }).actions)).toBe("s3://p");
  });

  test.each([
    ["before its launch", {}],
    [
      "while its launch is intended",
      {
        reconciliationStatus: {
          state: "UPGRADING",
          lastReconciledSpec: formatLastReconciledSpec(suspended, { firstDeployment: true }),
        },
      },
    ],
  ])("keeps its savepoint in an edit %s", (_, status) => {
    const started = decide(
      aResource(one, { ...activeBlue, ...reconciled(one), savepointPath: "s3://p" }),
      {},
    );
    const BLUE = aChild("BLUE", from("s3://p"), { status });
    expect(pathIn(decide(aResource(two, started.status), { BLUE }).actions)).toBe("s3://p");
  });

  test("and is deleted before its launch comes back from the same savepoint", () => {
    const status = { ...activeBlue, ...reconciled(one), blueGreenState: "TRANSITIONING_TO_BLUE" } as const;
    const BLUE = aChild("BLUE", from("s3://p"), { deleting: true, status: {} });
    expect(decide(aResource(one, status), { BLUE }).status.savepointPath).toBe("s3://p");
  });

  test("gets the template's own path once it was launched, or where that is what it has", () => {
    const later = from("s3://own", { parallelism: 2 });
    const status = { ...activeBlue, ...reconciled(suspended) };
    const edited = (spec: typeof later, child: object, before = status) =>
      pathIn(
        decide(aResource(spec, before), {
          BLUE: aChild("BLUE", from("s3://p", { state: "suspended" }), child),
        }).actions,
      );
    expect(edited(later, { status: stopped })).toBe("s3://own");
    expect(
      edited(later, { status: {} }, { ...status, ...reconciled(from("s3://p", { state: "suspended" })) }),
    ).toBe("s3://own");
  });
});

describe("beside a side that an aborted transition left", () => {
  const GREEN = aChild("GREEN", from("s3://2", { state: "suspended" }), { status: stopped });
  const status = { ...activeBlue, ...reconciled(suspended) };
  const resumed = (spec: ReturnType<typeof template>, path: string) =>
    decide(aResource(spec, status), {
      BLUE: aChild("BLUE", template({ state: "suspended" }), {
        status: { ...stopped, jobStatus: { upgradeSavepointPath: path } },
      }),
      GREEN,
    });

  test("a new savepointRedeployNonce has it start from the template's path", () => {
    expect(pathIn(resumed(one, "s3://stopped").actions)).toBe("s3://stopped");
    expect(pathIn(resumed(from("s3://9", { savepointRedeployNonce: 2 }), "s3://stopped").actions)).toBe(
      "s3://9",
    );
  });

  test("the sign for the newest state in the HA metadata is no path", () => {
    expect(pathIn(resumed(one, "KUBERNETES_OPERATOR_LAST_STATE").actions)).toBeUndefined();
  });
});

test("what a crash left running beside it is deleted before it is changed or created again", () => {
  const GREEN = aChild("GREEN", template({ initialSavepointPath: "s3://1" }, { image: "flink:2" }), {
    status: {},
  });
  const status = {
    ...activeBlue,
    ...reconciled(one),
    savepointTriggerId: "t",
    savepointPath: "s3://1",
    abortTimestamp: at(60_000),
  };
  const BLUE = aChild("BLUE", from("s3://weeks-old"));
  const first = decide(aResource(suspended, status), { BLUE, GREEN });
  expect(first.actions).toEqual([{ kind: "delete-child", name: "app-green", uid: "green" }]);
  expect(first.status.blueGreenState).toBe("ACTIVE_BLUE");
  const next = decide(aResource(suspended, first.status), { BLUE, GREEN: { ...GREEN, deleting: true } });
  expect(next.actions).toMatchObject([{ kind: "patch-child", spec: { job: { state: "suspended" } } }]);
  const { savepointTriggerId: _, ...gone } = status;
  expect(kinds(decide(aResource(one, gone), { GREEN }).actions)).toEqual(["delete-child"]);
});
