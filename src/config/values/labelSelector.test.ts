import { expect, it } from "vitest";
import { parseLabelSelector } from "./labelSelector.ts";

it.each(["a=b", "app.kubernetes.io/name == x , !canary", "a!=b,c", "tier in (a, b),env notin (c)", "a="])(
  "%s selects",
  (text) => {
    expect(parseLabelSelector(text)).toBe(text);
  },
);

it.each(["a=b=c", "a in b", "=b", "a b", "a=b,", "a in (b", "-a=b", "a=b;c=d", ""])("%j does not", (text) => {
  expect(() => parseLabelSelector(text)).toThrow(/is no label selector; right are a=b/);
});
