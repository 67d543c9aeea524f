import { describe, expect, it } from "vitest";
import { distributionOf } from "./percentiles.ts";

describe("the distribution of values", () => {
  it("is undefined for none", () => {
    expect(distributionOf([])).toBeUndefined();
  });

  it("is the value itself for one", () => {
    expect(distributionOf([7])).toEqual({ count: 1, p50: 7, p99: 7, max: 7 });
  });

  it("takes ranks of the sorted values", () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect(distributionOf(values)).toEqual({ count: 200, p50: 100, p99: 198, max: 200 });
  });
});
