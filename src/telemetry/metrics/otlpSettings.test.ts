import { expect, it } from "vitest";
import { otlpSettings } from "./otlpSettings.ts";

const common = { host: "pod" };
const on = { OTEL_METRICS_EXPORTER: "otlp" };

it("are none unless OpenTelemetry's own variables switch the export on", () => {
  expect(otlpSettings({}, common)).toBeUndefined();
  expect(otlpSettings({ ...on, OTEL_SDK_DISABLED: "true" }, common)).toBeUndefined();
});

it("have OpenTelemetry's defaults", () => {
  expect(otlpSettings(on, common)).toEqual({
    url: "http://localhost:4318/v1/metrics",
    protocol: "http/protobuf",
    headers: {},
    intervalMs: 60_000,
    timeoutMs: 30_000,
    resource: { "service.name": "flink-kubernetes-operator", host: "pod" },
  });
});

it("are those of OpenTelemetry's variables", () => {
  const settings = otlpSettings(
    {
      ...on,
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x,a=b",
      OTEL_METRIC_EXPORT_INTERVAL: "1000",
      OTEL_RESOURCE_ATTRIBUTES: "team=data",
    },
    common,
  );
  expect(settings).toEqual({
    url: "http://collector:4318/v1/metrics",
    protocol: "http/json",
    headers: { authorization: "Bearer x", a: "b" },
    intervalMs: 1_000,
    timeoutMs: 30_000,
    resource: { "service.name": "flink-kubernetes-operator", host: "pod", team: "data" },
  });
});

it("prefer the variables for metrics to those for all signals", () => {
  const settings = otlpSettings(
    {
      ...on,
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://all:4318",
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://metrics/otlp",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/protobuf",
      OTEL_EXPORTER_OTLP_HEADERS: "a=1",
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: "a=2",
    },
    common,
  );
  expect(settings).toMatchObject({
    url: "http://metrics/otlp",
    protocol: "http/protobuf",
    headers: { a: "2" },
  });
});

it.each([
  [
    "OTEL_METRIC_EXPORT_INTERVAL",
    "soon",
    'OTEL_METRIC_EXPORT_INTERVAL is "soon"; it is a number of milliseconds, such as 60000',
  ],
  [
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "grpc",
    'OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"; the operator exports by http/protobuf or http/json',
  ],
])("%s: an invalid value is refused by name", (variable, value, message) => {
  expect(() => otlpSettings({ ...on, [variable]: value }, common)).toThrow(message);
});
