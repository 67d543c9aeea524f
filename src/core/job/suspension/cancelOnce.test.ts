import { expect, test } from "vitest";
import { aJobId, aSituation, aStatus, flinkFacts, someFacts, withJobSpec } from "../situation.fixture.ts";
import { cancelOnce } from "./cancelOnce.ts";

const job = flinkFacts("RUNNING").jobs?.[0] as NonNullable<ReturnType<typeof flinkFacts>["jobs"]>[number];
const cancel = [{ kind: "cancel", jobId: aJobId }];
const seenAt = (jobsAt: number, cancelled?: { jobId: string; at: number }) =>
  someFacts({
    flink: flinkFacts("RUNNING", { jobsAt }),
    ...(cancelled && { requests: { unsent: new Set<string>(), cancelled } }),
  });

test("a job is cancelled, and again only if a newer overview still shows it", () => {
  expect(cancelOnce(aSituation({ facts: seenAt(50) }), job)).toEqual(cancel);
  const cancelled = { jobId: aJobId, at: 60 };
  expect(cancelOnce(aSituation({ facts: seenAt(50, cancelled) }), job)).toEqual([]);
  expect(cancelOnce(aSituation({ facts: seenAt(70, cancelled) }), job)).toEqual(cancel);
  expect(cancelOnce(aSituation({ facts: seenAt(50, { jobId: "another", at: 60 }) }), job)).toEqual(cancel);
  expect(cancelOnce(aSituation({ facts: seenAt(50) }), { ...job, state: "CANCELLING" })).toEqual([]);
});

test("an overview from before the end of a stop with savepoint does not cancel the job", () => {
  const status = aStatus(withJobSpec({ state: "suspended" }));
  const stopped = { ...status.reconciliationStatus, reconciliationTimestamp: 60 };
  const suspended = { spec: withJobSpec({ state: "suspended" }), metadata: undefined };
  const situation = (jobsAt: number) =>
    aSituation({
      facts: seenAt(jobsAt),
      status: { ...status, reconciliationStatus: stopped },
      deployed: suspended as never,
    });
  expect(cancelOnce(situation(50), job)).toEqual([]);
  expect(cancelOnce(situation(70), job)).toEqual(cancel);
});
