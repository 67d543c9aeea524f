import type { FlinkConfig } from "./flinkConfig.ts";
import { familyPrefix } from "./operatorOptions/families.ts";

/** The port of the Java operator's documentation. */
const usualPort = 9999;
/** Flink's own, where a reporter names none. */
const reporterPort = 9249;

const prefix = `${familyPrefix("metrics")}reporter.`;
const isPrometheus = /\.PrometheusReporter(Factory)?$/;

/**
 * Where metrics are served: at the port of the Prometheus reporter that is configured for the Java operator
 * (`kubernetes.operator.metrics.reporter.<name>.port`, of a range the first), and at its usual port where there is none.
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
