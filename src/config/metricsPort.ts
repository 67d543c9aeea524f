import type { FlinkConfig } from "./flinkConfig.ts";
import { familyPrefix } from "./operatorOptions/families.ts";

/** The port in the Java operator's documentation. */
const usualPort = 9999;
/** Flink's default for a reporter without a port. */
const reporterPort = 9249;

const prefix = `${familyPrefix("metrics")}reporter.`;
const isPrometheus = /\.PrometheusReporter(Factory)?$/;

/**
 * The port of the metrics: that of the Prometheus reporter in the Java operator's configuration
 * (`kubernetes.operator.metrics.reporter.<name>.port`, the first one of a range), or its usual port by default.
 */
export function metricsPort(config: FlinkConfig): number {
  for (const [key, value] of config.entries) {
    const [, name] =
      /^(.+?)\.(?:factory\.)?class$/.exec(key.startsWith(prefix) ? key.slice(prefix.length) : "") ?? [];
    if (name === undefined || !isPrometheus.test(value.trim())) continue;
    const port = Number.parseInt(config.entries.get(`${prefix}${name}.port`) ?? "", 10);
    return Number.isNaN(port) ? reporterPort : port;
  }
  return usualPort;
}
