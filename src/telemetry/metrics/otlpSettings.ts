import type { Labels } from "./labels.ts";

export type OtlpProtocol = "http/protobuf" | "http/json";

export interface OtlpSettings {
  readonly url: string;
  readonly protocol: OtlpProtocol;
  readonly headers: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly resource: Labels;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads OpenTelemetry's own environment variables, with their defaults. Undefined: the export is not switched on. Throws an
 * error that names a variable with an invalid value.
 */
export function otlpSettings(env: Environment, common: Labels): OtlpSettings | undefined {
  if (env.OTEL_SDK_DISABLED === "true" || env.OTEL_METRICS_EXPORTER !== "otlp") return undefined;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "http://localhost:4318";
  const headers = env.OTEL_EXPORTER_OTLP_METRICS_HEADERS ?? env.OTEL_EXPORTER_OTLP_HEADERS ?? "";
  return {
    url: env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT ?? `${base.replace(/\/+$/, "")}/v1/metrics`,
    protocol: protocolOf(env),
    headers: pairs(headers),
    intervalMs: positive("OTEL_METRIC_EXPORT_INTERVAL", env, 60_000),
    timeoutMs: positive("OTEL_METRIC_EXPORT_TIMEOUT", env, 30_000),
    resource: {
      "service.name": env.OTEL_SERVICE_NAME ?? "flink-kubernetes-operator",
      ...common,
      ...pairs(env.OTEL_RESOURCE_ATTRIBUTES ?? ""),
    },
  };
}

function protocolOf(env: Environment): OtlpProtocol {
  const variables = ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
  const variable = variables.find((name) => env[name]);
  const value = variable === undefined ? "http/protobuf" : env[variable];
  if (value === "http/protobuf" || value === "http/json") return value;
  throw new Error(`${variable} is "${value}"; the operator exports by http/protobuf or http/json`);
}

function positive(name: string, env: Environment, byDefault: number): number {
  const text = env[name];
  if (text === undefined || text === "") return byDefault;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${name} is "${text}"; it is a number of milliseconds, such as ${byDefault}`);
}

/** Parses "a=b,c=d" with percent-encoded values. */
const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(",").flatMap((pair) => {
      const at = pair.indexOf("=");
      return at < 1 ? [] : [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]];
    }),
  );
