import { expect, it } from "vitest";
import type { WriteOptions } from "../../../kube/api.ts";
import { patchLocked } from "./lockedPatch.ts";
import type { Subject } from "./subject.ts";

const object = { metadata: { namespace: "team", name: "orders" } };

async function managerFor(user: string): Promise<string> {
  let manager = "";
  const mergePatch = (...given: readonly unknown[]) => {
    manager = (given[4] as WriteOptions).fieldManager ?? "";
    return Promise.resolve(object);
  };
  const caller = { kube: { mergePatch } } as unknown as Subject["caller"];
  const place = { plural: "flinkdeployments", namespace: "team", name: "orders" } as const;
  await patchLocked({ caller, ...place, object, user }, {});
  return manager;
}

it("names the user as the field manager in a way that the API server takes: printable, and at most 128 bytes", async () => {
  for (const user of [
    "",
    "ann@example.com",
    "Jörg\tMüller\n",
    "用户",
    "\u0000",
    "👩‍🚀",
    `https://id/${"x".repeat(300)}`,
  ]) {
    const manager = await managerFor(user);
    expect(manager).toMatch(/^flink-dashboard: [ -~]*$/);
    expect(Buffer.byteLength(manager)).toBeLessThanOrEqual(128);
  }
  expect(await managerFor("Jörg")).toBe("flink-dashboard: J?rg");
});
