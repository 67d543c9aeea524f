import { expect, it, onTestFinished, vi } from "vitest";
import { decodeMetrics, startOtlpReceiver } from "../../../test/support/otlpReceiver.ts";
import { createLogger } from "../log.ts";
import { startOtlpExport } from "./otlp.ts";
import type { OtlpProtocol } from "./otlpSettings.ts";
import { createRegistry } from "./registry.ts";

const filled = () => {
  const registry = createRegistry({ host: "pod" });
  registry.counter("passes_total", "Passes.", ["kind"]).add({ kind: "a" }, 3);
  registry.gauge("depth", "Depth.", () => [{ value: 7 }]);
  registry.gauges("version_<v>_count", "Versions.", () => [{ part: "2.3", value: 1 }]);
  const seconds = registry.histogram("seconds", "Seconds.", [0.1, 1], ["verb"]);
  for (const value of [0.05, 0.5, 4]) seconds.observe(value, { verb: "GET" });
  registry.summary("nanos", "Nanoseconds.", 10).observe(5);
  registry.counter("never_total", "Nothing yet.", ["kind"]);
  return registry;
};

/** An exporter with a receiver. Both are stopped with the test. */
async function exporting(protocol: OtlpProtocol) {
  const receiver = await startOtlpReceiver();
  onTestFinished(receiver.close);
  const warnings: string[] = [];
  const log = createLogger({ destination: { write: (line) => warnings.push(line) } });
  const settings = {
    url: receiver.url,
    protocol,
    headers: { authorization: "Bearer x" },
    intervalMs: 1e9,
    timeoutMs: 10_000,
    resource: { "service.name": "x" },
  };
  const exporter = startOtlpExport(filled(), settings, log);
  onTestFinished(() => exporter.stop());
  return { receiver, warnings, exporter };
}

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const gauge = (name: string, description: string, asDouble: number, ...attributes: object[]) =>
  expect.objectContaining({
    name,
    description,
    gauge: {
      dataPoints: [expect.objectContaining({ asDouble, ...(attributes.length > 0 ? { attributes } : {}) })],
    },
  });

it("sends counters, gauges, histograms and quantiles as protobuf", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_500 });
  onTestFinished(() => void vi.useRealTimers());
  const { receiver, warnings, exporter } = await exporting("http/protobuf");
  vi.setSystemTime(62_500);
  await exporter.stop();
  expect(warnings).toEqual([]);
  expect(receiver.requests).toHaveLength(1);
  const [request] = receiver.requests;
  expect(request).toMatchObject({
    path: "/v1/metrics",
    headers: { "content-type": "application/x-protobuf", authorization: "Bearer x" },
  });
  const sent = decodeMetrics(request?.body ?? Buffer.alloc(0));
  const times = { startTimeUnixNano: "1500000000", timeUnixNano: "62500000000" };
  expect(sent).toEqual({
    resourceMetrics: [
      {
        resource: { attributes: [attribute("service.name", "x")] },
        scopeMetrics: [
          {
            scope: { name: "flink-kubernetes-operator" },
            metrics: expect.arrayContaining([
              expect.objectContaining({
                name: "passes_total",
                description: "Passes.",
                sum: {
                  aggregationTemporality: 2,
                  isMonotonic: true,
                  dataPoints: [{ attributes: [attribute("kind", "a")], asDouble: 3, ...times }],
                },
              }),
              gauge("depth", "Depth.", 7),
              gauge("version_2_3_count", "Versions.", 1),
              expect.objectContaining({
                name: "seconds",
                description: "Seconds.",
                histogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      attributes: [attribute("verb", "GET")],
                      ...times,
                      count: "3",
                      sum: 4.55,
                      explicitBounds: [0.1, 1],
                      bucketCounts: ["1", "1", "1"],
                    },
                  ],
                },
              }),
              gauge("nanos_count", "Nanoseconds.", 1),
            ]),
          },
        ],
      },
    ],
  });
  const text = JSON.stringify(sent);
  expect(text).toContain('"0.999"');
  // Metrics without a value are not sent, and series do not repeat the attributes of the resource.
  expect(text).not.toMatch(/never_total|host/);
});

it("sends the same as JSON", async () => {
  const [binary, json] = [await exporting("http/protobuf"), await exporting("http/json")];
  for (const { exporter } of [binary, json]) await exporter.stop();
  const [asBinary, asJson] = [binary, json].map(({ receiver }) => receiver.requests[0]);
  expect(asJson?.headers["content-type"]).toBe("application/json");
  const names = (sent: object) =>
    [...JSON.stringify(sent).matchAll(/"name":"(\w+)"/g)].map(([, name]) => name);
  const sent = names(JSON.parse(asJson?.body.toString() ?? "") as object);
  expect(sent.toSorted()).toEqual([
    "depth",
    "nanos",
    "nanos_count",
    "passes_total",
    "seconds",
    "version_2_3_count",
  ]);
  expect(sent).toEqual(names(decodeMetrics(asBinary?.body ?? Buffer.alloc(0))));
});

it("warns once about failed exports, without the values of headers", async () => {
  const { receiver, warnings, exporter } = await exporting("http/protobuf");
  receiver.answerWith(503);
  await exporter.stop();
  await exporter.stop();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("the collector answers 503");
  expect(warnings[0]).not.toContain("Bearer");
});
