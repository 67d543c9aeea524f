/** Each recorded value counts: a sequence in which one of them is another one fails. */
import { expect, test } from "vitest";
import { replay } from "../../../test/support/blueGreenReplay.ts";
import { type Sequence, sequenceOf } from "../../../test/support/blueGreenWorld.ts";
import { goldenNames, readGolden } from "../../../test/support/golden.ts";

type Step = Sequence["steps"][number];
type Recorded = Step["reconcile"];

const withStatus = (recorded: Recorded, change: object): Recorded => ({
  ...recorded,
  status: { ...recorded.status, ...change },
});

/** Undefined: it cannot be altered in this reconcile. */
const alterations: Readonly<Record<string, (recorded: Recorded) => Recorded | undefined>> = {
  blueGreenState: (recorded) => withStatus(recorded, { blueGreenState: "SAVEPOINTING_GREEN" }),
  "jobStatus.state": (recorded) => withStatus(recorded, { jobStatus: { state: "CREATED" } }),
  error: (recorded) => withStatus(recorded, { error: "another" }),
  lastReconciledSpec: (recorded) => withStatus(recorded, { lastReconciledSpec: "{}" }),
  savepointTriggerId: (recorded) =>
    withStatus(recorded, { savepointTriggerId: recorded.status.savepointTriggerId ? null : "another" }),
  abortTimestamp: (recorded) => withStatus(recorded, { abortTimestamp: "<now+9000s>" }),
  deploymentReadyTimestamp: (recorded) => withStatus(recorded, { deploymentReadyTimestamp: "<now+9000s>" }),
  "a longer reschedule": (recorded) =>
    recorded.rescheduleAfterMs
      ? { ...recorded, rescheduleAfterMs: recorded.rescheduleAfterMs * 2 }
      : undefined,
  "a shorter reschedule": (recorded) =>
    recorded.rescheduleAfterMs
      ? { ...recorded, rescheduleAfterMs: recorded.rescheduleAfterMs / 2 }
      : undefined,
  "no reschedule": (recorded) =>
    typeof recorded.rescheduleAfterMs === "number" ? { ...recorded, rescheduleAfterMs: null } : undefined,
  "another reschedule": (recorded) =>
    typeof recorded.rescheduleAfterMs === "number" ? undefined : { ...recorded, rescheduleAfterMs: 7_000 },
  trigger: (recorded) => ({
    ...recorded,
    flinkCalls: [...recorded.flinkCalls, "triggerSavepoint jobId=other"],
  }),
  "lifecycle of the children": (recorded) => {
    const children = Object.entries(recorded.children);
    if (children.length === 0) return undefined;
    const altered = children.map(([name, child]) => [name, { ...child, lifecycleState: "DELETING" }]);
    return { ...recorded, children: Object.fromEntries(altered) };
  },
  "number of children": (recorded) => {
    const [first] = Object.keys(recorded.children);
    if (first === undefined) return undefined;
    const { [first]: _, ...children } = recorded.children;
    return { ...recorded, children };
  },
};

const names = goldenNames("bluegreen");

test.each(names)("%s", (name) => {
  const { steps, ...rest } = sequenceOf(readGolden(`bluegreen/${name}.json`));
  const unnoticed = steps.flatMap((step, at) =>
    Object.entries(alterations).flatMap(([what, alter]) => {
      const reconcile = alter(step.reconcile);
      if (reconcile === undefined) return [];
      const altered = steps.map((each, index) => (index === at ? { ...each, reconcile } : each));
      return replay({ ...rest, steps: altered }).length === 0 ? [`${at}: ${what}`] : [];
    }),
  );
  expect(unnoticed).toEqual([]);
});
