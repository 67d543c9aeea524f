import { expect, it } from "vitest";
import { decideLease, type LeaseSpec, type LeaseView, releasedLease } from "./lease.ts";

const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 };
const wallNow = Date.UTC(2026, 0, 1);
const time = "2026-01-01T00:00:00.000000Z";

const held = (spec: LeaseSpec): LeaseView => ({
  lease: { metadata: { name: "lease" }, spec },
  seenAt: 100_000,
});

const decide = (view: LeaseView, afterMs = 0) =>
  decideLease({ identity: "me", timing, view, steadyNow: 100_000 + afterMs, wallNow });

const other = held({ holderIdentity: "other", leaseDurationSeconds: 15, leaseTransitions: 3 });

it("creates a missing lease", () => {
  expect(decide({ lease: undefined, seenAt: 0 })).toEqual({
    kind: "create",
    spec: {
      holderIdentity: "me",
      leaseDurationSeconds: 15,
      renewTime: time,
      acquireTime: time,
      leaseTransitions: 0,
    },
  });
});

it("renews its own lease and keeps the acquireTime", () => {
  expect(decide(held({ holderIdentity: "me", leaseTransitions: 3 }))).toEqual({
    kind: "write",
    spec: { holderIdentity: "me", leaseDurationSeconds: 15, renewTime: time },
  });
});

it("waits for another holder until it has not renewed for the whole duration", () => {
  expect(decide(other, 14_999)).toEqual({ kind: "wait", holder: "other" });
  expect(decide(other, 15_000)).toMatchObject({
    kind: "write",
    spec: { holderIdentity: "me", leaseTransitions: 4 },
  });
});

it("waits for the duration in the lease, if that is longer", () => {
  const longer = held({ holderIdentity: "other", leaseDurationSeconds: 60 });
  expect(decide(longer, 59_999)).toMatchObject({ kind: "wait" });
  expect(decide(longer, 60_000)).toMatchObject({ kind: "write" });
});

it("does not rely on the holder's clock", () => {
  const stale = held({ holderIdentity: "other", renewTime: "2020-01-01T00:00:00.000000Z" });
  expect(decide(stale)).toMatchObject({ kind: "wait" });
});

it.each([
  ["released", releasedLease(wallNow)],
  ["without a holder", {}],
])("acquires at once a lease that is %s", (_, spec) => {
  expect(decide(held(spec))).toMatchObject({ kind: "write", spec: { holderIdentity: "me" } });
});
