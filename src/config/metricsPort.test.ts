import { expect, it } from "vitest";
import { flinkConfig } from "./flinkConfig.ts";
import { metricsPort } from "./metricsPort.ts";

const prefix = "kubernetes.operator.metrics.reporter";
const factory = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory";

it.each([
  [{}, 9999],
  [{ [`${prefix}.slf4j.factory.class`]: "org.apache.flink.metrics.slf4j.Slf4jReporterFactory" }, 9999],
  [{ [`${prefix}.prom.factory.class`]: factory }, 9249],
  [{ [`${prefix}.prom.factory.class`]: factory, [`${prefix}.prom.port`]: "9100" }, 9100],
  [{ [`${prefix}.prom.factory.class`]: factory, [`${prefix}.prom.port`]: "9250-9260" }, 9250],
  [{ [`${prefix}.push.factory.class`]: factory.replace("Reporter", "PushGatewayReporter") }, 9999],
])("%j: port %i", (entries: Record<string, string>, port) => {
  expect(metricsPort(flinkConfig(entries))).toBe(port);
});
