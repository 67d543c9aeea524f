import { expect, test } from "vitest";
import { resourceTypes } from "../api/kubernetes.ts";
import type { KubeApi } from "./api.ts";
import { KubeError } from "./errors.ts";
import { observeOverload } from "./overload.ts";

function setUp() {
  const clock = { time: 1_000 };
  let answer: () => unknown = () => ({ metadata: { name: "a" } });
  const get = async () => answer();
  const observed = observeOverload({ get } as unknown as KubeApi, () => clock.time);
  const ask = () => observed.kube.get(resourceTypes.deployment, "ns", "a");
  const refuse = (status: number, retryAfterSeconds?: number) => {
    answer = () => {
      throw new KubeError(status, "TooManyRequests", "later", { retryAfterSeconds });
    };
  };
  return { clock, observed, ask, refuse };
}

test("what an overloaded API server asks for holds until its time is over", async () => {
  const { clock, observed, ask, refuse } = setUp();
  await ask();
  expect(observed.retryAfterMs()).toBe(0);
  refuse(429, 4);
  await expect(ask()).rejects.toThrow("later");
  expect(observed.retryAfterMs()).toBe(4_000);
  clock.time += 3_000;
  expect(observed.retryAfterMs()).toBe(1_000);
  refuse(429);
  await expect(ask()).rejects.toThrow("later");
  expect(observed.retryAfterMs()).toBe(1_000);
  clock.time += 3_000;
  expect(observed.retryAfterMs()).toBe(0);
});
