import { expect, it } from "vitest";
import { createRegistry } from "./registry.ts";

it("counts by labels", () => {
  const registry = createRegistry({ host: "pod" });
  const requests = registry.counter("requests", "Requests.");
  requests.add({ verb: "GET" });
  requests.add({ verb: "GET" });
  requests.add({ verb: "PATCH" }, 3);
  expect(registry.text()).toBe(
    [
      "# HELP requests Requests.",
      "# TYPE requests counter",
      'requests{host="pod",verb="GET"} 2',
      'requests{host="pod",verb="PATCH"} 3',
      "",
    ].join("\n"),
  );
});

it("asks a gauge at each look", () => {
  const registry = createRegistry();
  let value = 1;
  registry.gauge("depth", "Depth.", () => [{ value }, { value: 7, labels: { name: 'a"\\\n' } }]);
  value = 2;
  expect(registry.text()).toBe(
    '# HELP depth Depth.\n# TYPE depth gauge\ndepth 2\ndepth{name="a\\"\\\\\\n"} 7\n',
  );
});

it("adds up buckets", () => {
  const registry = createRegistry();
  const seconds = registry.histogram("seconds", "Seconds.", [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 4]) seconds.observe(value);
  expect(registry.text().split("\n").slice(2, -1)).toEqual([
    'seconds_bucket{le="0.1"} 2',
    'seconds_bucket{le="1"} 3',
    'seconds_bucket{le="+Inf"} 4',
    "seconds_sum 4.65",
    "seconds_count 4",
  ]);
});

it("has no name twice", () => {
  const registry = createRegistry();
  registry.counter("a", "A.");
  expect(() => registry.counter("a", "A.")).toThrow("there is a metric a already");
});
