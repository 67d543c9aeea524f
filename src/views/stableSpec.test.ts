import { expect, it } from "vitest";
import { patchToSpec } from "./stableSpec.ts";

it("makes a spec an earlier one, with null for what it did not have", () => {
  const now = { image: "b", flinkConfiguration: { a: "1", b: "2" }, job: { args: ["x"], parallelism: 4 } };
  const earlier = {
    image: "a",
    flinkConfiguration: { a: "1" },
    job: { parallelism: 2 },
    logConfiguration: {},
  };
  expect(patchToSpec(now, earlier)).toEqual({
    image: "a",
    flinkConfiguration: { b: null },
    job: { args: null, parallelism: 2 },
    logConfiguration: {},
  });
});

it("asks for nothing again: nonces, state, upgrade mode and where it started from stay", () => {
  const asked = { savepointRedeployNonce: 3, initialSavepointPath: "s3://b/sp", state: "suspended" };
  const now = { restartNonce: 2, job: { ...asked, upgradeMode: "savepoint", parallelism: 4 } };
  const earlier = {
    restartNonce: 1,
    job: { savepointRedeployNonce: 2, upgradeMode: "stateless", parallelism: 2 },
  };
  expect(patchToSpec(now, earlier)).toEqual({ job: { parallelism: 2 } });
});

it("is empty for the same spec", () => {
  const spec = { image: "a", job: { parallelism: 2 } };
  expect(patchToSpec(spec, structuredClone(spec))).toEqual({});
});
