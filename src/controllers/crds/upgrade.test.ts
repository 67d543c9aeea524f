import { expect, it } from "vitest";
import { fakeClock } from "../../../test/support/fakeClock.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import { flinkStateSnapshot } from "../../api/v1beta1/flinkstatesnapshot.ts";
import type { KubeApi } from "../../kube/api.ts";
import { KubeError } from "../../kube/errors.ts";
import { upgradeCrds } from "./upgrade.ts";

it("waits until a definition is established, also if the API server first reports no conditions", async () => {
  const answers = [
    undefined,
    undefined,
    { conditions: null },
    { conditions: [{ type: "Established", status: "True" }] },
  ];
  const kube = {
    get: () => {
      const status = answers.shift();
      return status === undefined
        ? Promise.reject(new KubeError(404, "NotFound", "not found"))
        : Promise.resolve({ metadata: { name: "a" }, status });
    },
    apply: (_: unknown, object: KubeObject) => Promise.resolve(object),
  } as unknown as KubeApi;
  const applied: string[] = [];
  const clock = fakeClock();
  const upgraded = upgradeCrds({
    kube,
    clock,
    kinds: [flinkStateSnapshot],
    onApplied: (name) => applied.push(name),
  });
  await clock.settle();
  expect(applied).toEqual([]);
  await clock.advanceToNext();
  await upgraded;
  expect(applied).toEqual(["flinkstatesnapshots.flink.apache.org"]);
});
