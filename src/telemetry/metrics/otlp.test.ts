import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { createLogger } from "../log.ts";
import { buildExport, otlpSettings, startOtlpExport } from "./otlp.ts";
import { createRegistry } from "./registry.ts";

const common = { host: "pod" };

it("is asked for by OpenTelemetry's own variables", () => {
  expect(otlpSettings({}, common)).toBeUndefined();
  expect(otlpSettings({ OTEL_METRICS_EXPORTER: "otlp", OTEL_SDK_DISABLED: "true" }, common)).toBeUndefined();
  expect(
    otlpSettings(
      {
        OTEL_METRICS_EXPORTER: "otlp",
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x,a=b",
        OTEL_METRIC_EXPORT_INTERVAL: "1000",
        OTEL_RESOURCE_ATTRIBUTES: "team=data",
      },
      common,
    ),
  ).toEqual({
    url: "http://collector:4318/v1/metrics",
    headers: { authorization: "Bearer x", a: "b" },
    intervalMs: 1_000,
    timeoutMs: 30_000,
    resource: { "service.name": "flink-kubernetes-operator", host: "pod", team: "data" },
  });
  expect(() =>
    otlpSettings({ OTEL_METRICS_EXPORTER: "otlp", OTEL_METRIC_EXPORT_INTERVAL: "soon" }, common),
  ).toThrow('OTEL_METRIC_EXPORT_INTERVAL is "soon"; it is a number of milliseconds, such as 60000');
});

const filled = () => {
  const registry = createRegistry(common);
  registry.counter("passes_total", "Passes.").add({ kind: "a" }, 3);
  registry.gauge("depth", "Depth.", () => [{ value: 7 }]);
  registry.gauges("version_<v>_count", "Versions.", () => [{ part: "2.3", value: 1 }]);
  const seconds = registry.histogram("seconds", "Seconds.", [0.1, 1]);
  for (const value of [0.05, 0.5, 4]) seconds.observe(value, { verb: "GET" });
  registry.counter("never_total", "Nothing yet.");
  return registry;
};

it("says counters, gauges and histograms as OTLP has them", () => {
  const time = { startTimeUnixNano: "1000000", timeUnixNano: "2000000" };
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const sent = buildExport(filled(), { "service.name": "x" }, 1, 2);
  expect(sent).toEqual({
    resourceMetrics: [
      {
        resource: { attributes: [attribute("service.name", "x")] },
        scopeMetrics: [
          {
            scope: { name: "flink-kubernetes-operator" },
            metrics: [
              {
                name: "passes_total",
                description: "Passes.",
                sum: {
                  aggregationTemporality: 2,
                  isMonotonic: true,
                  dataPoints: [{ attributes: [attribute("kind", "a")], asDouble: 3, ...time }],
                },
              },
              {
                name: "depth",
                description: "Depth.",
                gauge: { dataPoints: [{ attributes: [], asDouble: 7, ...time }] },
              },
              {
                name: "version_2_3_count",
                description: "Versions.",
                gauge: { dataPoints: [{ attributes: [], asDouble: 1, ...time }] },
              },
              {
                name: "seconds",
                description: "Seconds.",
                histogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      attributes: [attribute("verb", "GET")],
                      ...time,
                      count: "3",
                      sum: 4.55,
                      explicitBounds: [0.1, 1],
                      bucketCounts: ["1", "1", "1"],
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  });
});

it("sends to the collector, and tells once that it does not answer", async () => {
  const bodies: string[] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    bodies.push(`${request.url} ${request.headers.authorization} ${body}`);
    response.writeHead(status).end("{}");
  }).listen(0);
  await once(server, "listening");
  const warnings: string[] = [];
  const log = createLogger({ destination: { write: (line) => warnings.push(line) } });
  const settings = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`,
    headers: { authorization: "Bearer x" },
    intervalMs: 1e9,
    timeoutMs: 10_000,
    resource: common,
  };
  const exporter = startOtlpExport(filled(), settings, log);
  await exporter.stop();
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).toMatch(/^\/v1\/metrics Bearer x .*"passes_total"/);
  expect(warnings).toEqual([]);
  status = 503;
  await exporter.stop();
  await exporter.stop();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("the collector answers 503");
  expect(warnings[0]).not.toContain("Bearer");
  server.close();
});
