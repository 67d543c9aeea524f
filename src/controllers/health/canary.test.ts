import { beforeEach, expect, it } from "vitest";
import { type FakeClock, fakeClock } from "../../../test/support/fakeClock.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import { CANARY_LABEL, FINALIZER } from "../../api/v1beta1/names.ts";
import { KubeError } from "../../kube/errors.ts";
import { createLogger } from "../../telemetry/log.ts";
import { type Canaries, createCanaries, isCanary } from "./canary.ts";

let clock: FakeClock;
let stored: KubeObject | undefined;
let canaries: Canaries;
let patches: unknown[];
/** Whether a change leads to a reconcile. */
let alive: boolean;
let apiDown: boolean;

beforeEach(() => {
  clock = fakeClock();
  patches = [];
  alive = true;
  apiDown = false;
  stored = {
    metadata: { namespace: "ns", name: "bird", generation: 1, labels: { [CANARY_LABEL]: "true" } },
  };
  canaries = createCanaries({
    kube: {
      async mergePatch(_, __, ___, patch) {
        if (apiDown) throw new KubeError(0, "Refused", "down");
        patches.push(patch);
        const { spec } = patch as { spec?: unknown };
        if (stored === undefined || spec === undefined) return { metadata: { name: "bird" } };
        const generation = (stored.metadata.generation ?? 0) + 1;
        stored = { ...stored, metadata: { ...stored.metadata, generation }, spec };
        const changed = stored;
        if (alive) clock.after(10, () => void canaries.reconcile(changed));
        return stored;
      },
      async jsonPatch(_, __, ___, operations) {
        patches.push(operations);
        return { metadata: { name: "bird" } };
      },
    },
    clock,
    log: createLogger({ level: "silent" }),
    timeoutMs: () => 60_000,
    current: () => stored,
  });
});

const first = () => canaries.reconcile(stored as KubeObject);

it("is recognised by its label", () => {
  expect(isCanary(stored as KubeObject)).toBe(true);
  expect(isCanary({ metadata: { name: "a", labels: { [CANARY_LABEL]: "false" } } })).toBe(false);
  expect(isCanary({ metadata: { name: "a" } })).toBe(false);
});

it("is changed once a minute, and is healthy while each change is reconciled", async () => {
  await first();
  await clock.advance(150_000);
  expect(patches).toEqual([1, 2, 3].map((restartNonce) => ({ spec: { restartNonce } })));
  expect(canaries.overdue()).toEqual([]);
});

it("is overdue if a change is not reconciled in time, until one is", async () => {
  await first();
  await clock.advance(30_000);
  alive = false;
  await clock.advance(60_000);
  expect(canaries.overdue()).toEqual([]);
  await clock.advance(31_000);
  expect(canaries.overdue()).toEqual(["ns/bird"]);
  alive = true;
  await clock.advance(60_000);
  expect(canaries.overdue()).toEqual([]);
});

it("is not overdue if the API server refuses the change", async () => {
  await first();
  apiDown = true;
  await clock.advance(300_000);
  expect(canaries.overdue()).toEqual([]);
});

it("is deleted at once, whoever added a finalizer", async () => {
  await first();
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  await canaries.reconcile({
    ...(stored as KubeObject),
    metadata: {
      ...(stored as KubeObject).metadata,
      deletionTimestamp,
      finalizers: [FINALIZER, "other"],
    },
  });
  expect(patches.at(-1)).toContainEqual({ op: "remove", path: "/metadata/finalizers/0" });
  expect(clock.waiting().filter((ms) => ms > 1_000)).toEqual([]);
});

it("is dropped if it is deleted, or is no canary any more", async () => {
  await first();
  stored = undefined;
  await clock.advance(200_000);
  expect(patches).toHaveLength(1);
});
