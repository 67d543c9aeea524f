import { expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import type { KubeObject } from "../../../api/kubernetes.ts";
import type { KubeApi } from "../../../kube/api.ts";
import { KubeError } from "../../../kube/errors.ts";
import { systemClock } from "../../../runtime/clock.ts";
import { createLogger } from "../../../telemetry/log.ts";
import type { Caller } from "../callers.ts";
import { createSharedWatches, type Member } from "./sharedWatches.ts";

const scope = { plural: "flinkdeployments", namespace: undefined } as const;
const log = createLogger({ level: "fatal", format: "json" });

const job: KubeObject = {
  metadata: { namespace: "a", name: "job", uid: "u", resourceVersion: "5" },
  spec: {},
};

/** A watch that has one resource, and then what `next` does. */
const api = (next: () => Promise<void>): Partial<KubeApi> => ({
  newestVersion: async () => "5",
  async *watch() {
    yield { type: "ADDED", object: job };
    yield { type: "BOOKMARK", resourceVersion: "5", initialEventsEnd: true };
    await next();
  },
});

function memberOf(kube: Partial<KubeApi>): Member & { readonly refusals: KubeError[] } {
  const refusals: KubeError[] = [];
  const caller = { cluster: { name: "one" }, kube } as Caller;
  return { caller, refusals, onRefused: (error) => void refusals.push(error) };
}

it("ends when the last member is refused, and leaves no rows to the next", async () => {
  const watches = createSharedWatches({ clock: systemClock, log });
  const refused = Promise.withResolvers<void>();
  const first = memberOf(api(() => refused.promise));
  const joined = watches.join(scope, first);
  expect(await joined.whenRead()).toBeUndefined();
  expect([...joined.rows.values()]).toHaveLength(1);
  refused.reject(new KubeError(403, "Forbidden", "no"));
  await eventually("the refusal", () => first.refusals.length === 1);
  expect(watches.size).toBe(0);
  const next = watches.join(scope, memberOf({ newestVersion: () => new Promise(() => {}) }));
  expect([...next.rows.values()]).toEqual([]);
  next.leave();
  expect(watches.size).toBe(0);
});

it("tells whoever waits for the rows that the last member is refused", async () => {
  const watches = createSharedWatches({ clock: systemClock, log });
  const error = new KubeError(401, "Unauthorized", "no");
  const joined = watches.join(scope, memberOf({ newestVersion: () => Promise.reject(error) }));
  expect(await joined.whenRead()).toBe(error);
  expect(watches.size).toBe(0);
});
