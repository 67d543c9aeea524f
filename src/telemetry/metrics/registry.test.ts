import { expect, it } from "vitest";
import { createRegistry } from "./registry.ts";

it("counts by labels", async () => {
  const registry = createRegistry({ host: "pod" });
  const requests = registry.counter("requests", "Requests.", ["verb"]);
  requests.add({ verb: "GET" });
  requests.add({ verb: "GET" });
  requests.add({ verb: "PATCH" }, 3);
  expect(await registry.text()).toBe(
    [
      "# HELP requests Requests.",
      "# TYPE requests counter",
      'requests{verb="GET",host="pod"} 2',
      'requests{verb="PATCH",host="pod"} 3',
      "",
    ].join("\n"),
  );
});

it("takes no label that is not declared", () => {
  const registry = createRegistry();
  expect(() => registry.counter("requests", "Requests.").add({ verb: "GET" })).toThrow('"verb"');
  expect(() => registry.histogram("seconds", "Seconds.", [1]).observe(1, { verb: "GET" })).toThrow('"verb"');
});

it("reads a gauge at each scrape", async () => {
  const registry = createRegistry();
  let value = 1;
  const read = () => [{ value }, { value: 7, labels: { name: 'a"\\\n' } }].slice(0, value);
  registry.gauge("depth", "Depth.", read, ["name"]);
  value = 2;
  expect(await registry.text()).toBe(
    '# HELP depth Depth.\n# TYPE depth gauge\ndepth 2\ndepth{name="a\\"\\\\\\n"} 7\n',
  );
  value = 1;
  expect(await registry.text()).toBe("# HELP depth Depth.\n# TYPE depth gauge\ndepth 1\n");
});

it("serves gauges whose names are known at the scrape only, as long as they have a value", async () => {
  const registry = createRegistry();
  let parts = ["2.3", "1.20"];
  const read = () => parts.map((part) => ({ part, value: 1, labels: { zone: "a" } }));
  registry.gauges("version_<version>_count", "Versions.", read, ["zone"]);
  const names = async () =>
    [...(await registry.text()).matchAll(/^(\w+)\{zone="a"\} 1$/gm)].map(([, name]) => name);
  expect(await names()).toEqual(["version_2_3_count", "version_1_20_count"]);
  parts = ["1.20", "2.4"];
  expect(await names()).toEqual(["version_1_20_count", "version_2_4_count"]);
  expect(await registry.text()).toContain("# TYPE version_2_4_count gauge");
});

it("may be scraped by several at the same time, while gauges come and go", async () => {
  const registry = createRegistry();
  let part = 0;
  registry.gauges("version_<version>_count", "Versions.", () => [{ part: `${part++}`, value: 1 }]);
  registry.gauge("depth", "Depth.", () => [{ value: 1 }]);
  await registry.text();
  const texts = await Promise.all([registry.text(), registry.read(), registry.text()]);
  expect(texts[0]).toContain("depth 1\n");
  expect(texts[2]).toContain("version_3_count 1\n");
});

it("adds up buckets", async () => {
  const registry = createRegistry();
  const seconds = registry.histogram("seconds", "Seconds.", [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 4]) seconds.observe(value);
  expect((await registry.text()).split("\n").slice(2, -1)).toEqual([
    'seconds_bucket{le="0.1"} 2',
    'seconds_bucket{le="1"} 3',
    'seconds_bucket{le="+Inf"} 4',
    "seconds_sum 4.65",
    "seconds_count 4",
  ]);
});

it("has quantiles of the last so many values of a series, and none before there was one", async () => {
  const registry = createRegistry();
  const seconds = registry.summary("seconds", "Seconds.", 4, ["kind"]);
  const lines = async () => (await registry.text()).trim().split("\n").slice(1);
  expect(await lines()).toEqual(["# TYPE seconds summary"]);
  for (const value of [1_000, 1, 4, 3, 2]) seconds.observe(value, { kind: "a" });
  expect(await lines()).toEqual([
    "# TYPE seconds summary",
    'seconds{kind="a",quantile="0.5"} 2',
    'seconds{kind="a",quantile="0.75"} 3',
    ...[0.95, 0.98, 0.99, 0.999].map((quantile) => `seconds{kind="a",quantile="${quantile}"} 4`),
    'seconds_count{kind="a"} 5',
  ]);
});

it("has no name twice", () => {
  const registry = createRegistry();
  registry.counter("a", "A.");
  expect(() => registry.counter("a", "A.")).toThrow("there is a metric a already");
});
