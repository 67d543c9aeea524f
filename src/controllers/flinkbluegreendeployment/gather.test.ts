import { describe, expect, test } from "vitest";
import type { CheckpointStatistics, FlinkFacts } from "../../api/flinkFacts.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import type { FlinkBlueGreenDeployment } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { BLUE_GREEN_LABEL } from "../../api/v1beta1/names.ts";
import { emptyConfig } from "../../config/flinkConfig.ts";
import { createStore } from "../../runtime/store.ts";
import type { JobView } from "../flinkstatesnapshot/referredJob.ts";
import { childrenByParent, gatherBlueGreen, isNeededByParent, type ParentIndex } from "./gather.ts";

const child = (color: string, uid = "u", more: object = {}): KubeObject => ({
  metadata: {
    name: `app-${color.toLowerCase()}`,
    namespace: "ns",
    uid: `${color} of ${uid}`,
    resourceVersion: "1",
    labels: { [BLUE_GREEN_LABEL]: color },
    ownerReferences: [{ apiVersion: "a", kind: "FlinkBlueGreenDeployment", name: "app", uid }],
    ...more,
  },
  spec: { job: {} },
});

const parent = (state: string, job: object = { upgradeMode: "savepoint" }, more: object = {}) =>
  ({
    metadata: { name: "app", namespace: "ns", uid: "u", ...more },
    spec: { template: { spec: { job } } },
    status: { blueGreenState: state },
  }) as FlinkBlueGreenDeployment;

function storeOf(...children: KubeObject[]) {
  const store = createStore<KubeObject, ParentIndex>({ indices: childrenByParent, now: () => 0 });
  const feed = store.feed();
  for (const each of children) feed.applied(each);
  return store;
}

const statistics = { completedCount: 3 } as CheckpointStatistics;
const facts = (jobId: string) =>
  ({ jobsAt: 7, checkpoints: { jobId, at: 7, statistics } }) as Partial<FlinkFacts> as FlinkFacts;

const gatherWith = (flink: FlinkFacts | undefined, ...children: KubeObject[]) =>
  gatherBlueGreen(
    parent("ACTIVE_BLUE"),
    {
      resources: storeOf(...children),
      resolver: () => ({ job: { jobId: "j" } }) as JobView,
      poller: { facts: () => flink, followed: () => undefined },
      routes: { of: () => undefined },
      operatorConfig: () => emptyConfig,
    },
    { unsent: undefined, invalid: undefined, keepsStateOnDeletion: false },
  );

const gather = (...children: KubeObject[]) => gatherWith(undefined, ...children);

describe("the facts of a FlinkBlueGreenDeployment", () => {
  test("have its own FlinkDeployments by color", () => {
    const { children, strangers } = gather(child("BLUE"), child("GREEN", "u", { deletionTimestamp: "now" }));
    expect(children).toMatchObject({ BLUE: { deleting: false }, GREEN: { deleting: true } });
    expect(strangers).toEqual({});
  });

  test.each([
    ["of its job", facts("j"), { completedCheckpoints: 3, seenAt: 7 }],
    ["not of another job", facts("earlier"), { completedCheckpoints: undefined, seenAt: 7 }],
    ["none where Flink has not answered", undefined, { completedCheckpoints: undefined, seenAt: undefined }],
  ])("have what the poller knows: checkpoints %s", (_, flink, expected) => {
    expect(gatherWith(flink, child("BLUE")).children.BLUE).toMatchObject(expected);
  });

  test("have one whose label was taken away", () => {
    const { children, strangers } = gather(child("BLUE", "u", { labels: {} }));
    expect(children).toMatchObject({ BLUE: { deleting: false } });
    expect(strangers).toEqual({});
  });

  test("name whose a FlinkDeployment is that only has the name", () => {
    const { children, strangers } = gather(
      child("BLUE", "earlier"),
      child("GREEN", "u", { ownerReferences: [] }),
    );
    expect(children).toEqual({});
    expect(strangers).toEqual({
      BLUE: "the FlinkBlueGreenDeployment app with the uid earlier",
      GREEN: "nobody",
    });
  });
});

test.each<[boolean, string, FlinkBlueGreenDeployment | undefined, KubeObject, readonly KubeObject[]]>([
  [true, "the active one", parent("ACTIVE_BLUE"), child("BLUE"), []],
  [true, "one whose savepoint is taken", parent("SAVEPOINTING_BLUE"), child("BLUE"), []],
  [true, "the only one, changed in place", parent("TRANSITIONING_TO_BLUE"), child("BLUE"), []],
  [
    true,
    "the only one that runs",
    parent("TRANSITIONING_TO_BLUE"),
    child("BLUE", "u", { labels: {} }),
    [{ ...child("GREEN"), spec: { job: { state: "suspended" } } }],
  ],
  [
    true,
    "one beside an object of another",
    parent("TRANSITIONING_TO_BLUE"),
    child("BLUE"),
    [child("GREEN", "earlier")],
  ],
  [false, "one that starts beside another", parent("TRANSITIONING_TO_BLUE"), child("BLUE"), [child("GREEN")]],
  [false, "the one that is replaced", parent("TRANSITIONING_TO_GREEN"), child("BLUE"), [child("GREEN")]],
  [false, "one that an aborted transition left", parent("ACTIVE_GREEN"), child("BLUE"), []],
  [false, "one without state", parent("ACTIVE_BLUE", { upgradeMode: "stateless" }), child("BLUE"), []],
  [
    false,
    "one of a resource that is deleted",
    parent("ACTIVE_BLUE", {}, { deletionTimestamp: "now" }),
    child("BLUE"),
    [],
  ],
  [false, "one of an earlier resource", parent("ACTIVE_BLUE"), child("BLUE", "earlier"), []],
  [false, "one without a parent", undefined, child("BLUE"), []],
])("the state is needed after a deletion: %s for %s", (is, _, found, deleted, others) => {
  expect(isNeededByParent(deleted, { get: () => found }, storeOf(deleted, ...others))).toBe(is);
});
