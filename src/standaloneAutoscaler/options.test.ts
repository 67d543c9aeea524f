import { describe, expect, it } from "vitest";
import { parseJdbcUrl } from "./jdbc/jdbcUrl.ts";
import { readArguments, readProcessOptions, UsageError } from "./options.ts";

const optionsOf = (entries: Record<string, string>, env: Record<string, string> = {}) =>
  readProcessOptions(new Map(Object.entries(entries)), env);

describe("the arguments", () => {
  it("are a file and options, of which the last one counts", () => {
    const { configFile, entries } = readArguments(["--config", "a", "--x.y=1", "--config=b", "--x.y=2=3"]);
    expect(configFile).toBe("b");
    expect([...entries]).toEqual([["x.y", "2=3"]]);
  });

  it.each([
    [["--config"], "--config needs the path of a file"],
    [["--verbose=true"], "there is no option --verbose: use --config FILE or --key=value"],
    [["--jdbc.url", "x"], 'the argument "--jdbc.url" is not understood: use --config FILE or --key=value'],
    [["-Djdbc.url=s3cret"], 'the argument "-Djdbc.url" is not understood: use --config FILE or --key=value'],
    [["jdbc:a?b=s3cret"], 'the argument "jdbc" is not understood: use --config FILE or --key=value'],
    [["x"], 'the argument "x" is not understood: use --config FILE or --key=value'],
  ])("%j: %s", (args, message) => {
    expect(() => readArguments(args)).toThrow(new UsageError(message));
  });
});

describe("the options", () => {
  it("have the defaults of the Java autoscaler", () => {
    expect(optionsOf({})).toMatchObject({
      flink: { host: "localhost", port: 8081 },
      intervalMs: 10_000,
      parallelism: 100,
      requestMs: 10_000,
      stateStore: "MEMORY",
      eventHandler: "LOGGING",
      database: undefined,
    });
  });

  it("have the password of the database from the environment", () => {
    const entries = {
      "autoscaler.standalone.state-store.type": "jdbc",
      "autoscaler.standalone.jdbc.url": "jdbc:postgresql://db:5433/scaling?user=other&sslmode=require",
      "autoscaler.standalone.jdbc.username": "scaler",
      "autoscaler.standalone.jdbc.password-env-variable": "SECRET",
    };
    expect(optionsOf(entries, { SECRET: "s3cret" }).database).toEqual({
      host: "db",
      port: 5433,
      name: "scaling",
      user: "scaler",
      password: "s3cret",
      ssl: "require",
    });
  });

  it.each<[Record<string, string>, string]>([
    [
      { "autoscaler.standalone.jdbc.password": "x" },
      "there is no option autoscaler.standalone.jdbc.password (docs/reference/configuration.md lists all)",
    ],
    [
      { "job.autoscaler.enable": "true" },
      "there is no option job.autoscaler.enable (docs/reference/configuration.md lists all)",
    ],
    [
      { "autoscaler.standalone.state-store.type": "JDBC" },
      "autoscaler.standalone.jdbc.url is needed for a state store or an event handler of type JDBC",
    ],
    [
      { "autoscaler.standalone.fetcher.flink-cluster.port": "0" },
      "autoscaler.standalone.fetcher.flink-cluster.port must be from 1 to 65535, not 0",
    ],
    [
      { "autoscaler.standalone.fetcher.flink-cluster.host": "http://flink:8081" },
      'autoscaler.standalone.fetcher.flink-cluster.host: "http://flink:8081" is no host name or address; the port is autoscaler.standalone.fetcher.flink-cluster.port',
    ],
    [
      { "autoscaler.standalone.control-loop.interval": "0 s" },
      "autoscaler.standalone.control-loop.interval must be from 1 to 2147483647, not 0",
    ],
    [
      { "job.autoscaler.utilization.target": "1.5" },
      "The AutoScalerOption job.autoscaler.utilization.target is invalid, it should be a value within the range [0.0, 1.0]",
    ],
  ])("%j: %s", (entries, message) => {
    expect(() => optionsOf(entries)).toThrow(new UsageError(message));
  });

  it("have TLS, a user and a password for Flink as the operator has them", () => {
    const entries = { "security.ssl.rest.enabled": "true", "security.ssl.rest.truststore": "/ca.p12" };
    const env = {
      FLINK_REST_BASIC_AUTH_FILE: "/secret",
      OPERATOR_TRUSTSTORE_PATH: "/own.p12",
      OPERATOR_KEYSTORE_PASSWORD: "s3cret",
    };
    expect(optionsOf(entries, env)).toMatchObject({
      flink: { tls: { truststore: { option: "security.ssl.rest.truststore", path: "/ca.p12" } } },
      secure: {
        stores: { truststorePath: "/own.p12", password: "s3cret" },
        authorizationFile: "/secret",
      },
    });
  });

  it("are refused where a password would be sent without TLS", () => {
    expect(() => optionsOf({}, { FLINK_REST_BASIC_AUTH_FILE: "/secret" })).toThrow(
      new UsageError(
        "FLINK_REST_BASIC_AUTH_FILE needs security.ssl.rest.enabled: true: a password is not sent without TLS",
      ),
    );
  });

  it.each(["x", "65536", "-1", "1.5"])("are refused with HEALTH_PORT=%s", (port) => {
    expect(() => optionsOf({}, { HEALTH_PORT: port })).toThrow(
      new UsageError("HEALTH_PORT must be a port from 0 to 65535"),
    );
    expect(optionsOf({}, { METRICS_PORT: "1" }).ports).toEqual({ health: 8_085, metrics: 1 });
  });

  it.each([
    ["job.autoscaler.metrics.custom-evaluators", "mine"],
    ["job.autoscaler.metrics.custom-evaluator.mine.class", "org.example.Mine"],
    ["job.autoscaler.scaling.custom-executors", "mine"],
    ["job.autoscaler.scaling.custom-executor.mine.class", "org.example.Mine"],
    ["job.autoscaler.scaling.parallelism-alignment.mode", "mine"],
    ["job.autoscaler.scaling.parallelism-alignment.mode.mine.class", "org.example.Mine"],
  ])("are refused where %s names a Java plugin", (key, value) => {
    expect(() => optionsOf({ [key]: value })).toThrow(
      new UsageError(
        `${key} names a plugin of the Java autoscaler, and no Java classes run here: remove it; a CEL expression can take its place (docs/autoscaler.md)`,
      ),
    );
  });

  it("are refused where a value cannot be parsed", () => {
    expect(() => optionsOf({ "autoscaler.standalone.control-loop.interval": "soon" })).toThrow(UsageError);
  });
});

describe("the URL of the database", () => {
  it.each([
    ["jdbc:postgresql://db/scaling", { host: "db", port: 5432, name: "scaling", ssl: "disable" }],
    ["jdbc:postgresql:scaling", { host: "localhost", port: 5432, name: "scaling", ssl: "disable" }],
    [
      "jdbc:postgresql://[::1]:5/a?currentSchema=flink&sslmode=verify-full",
      { host: "::1", port: 5, name: "a", schema: "flink", ssl: "verify-full" },
    ],
  ])("%s", (text, database) => {
    expect(parseJdbcUrl(text)).toEqual(database);
  });

  it.each([
    ["jdbc:mysql://db/a?password=s3cret", "MySQL is not supported; only PostgreSQL"],
    ["jdbc:derby:memory:a", "Derby is not supported; only PostgreSQL"],
    ["postgresql://db/a", "it must begin with jdbc:postgresql:"],
    ["jdbc:postgresql://db", "it names no database"],
    ["jdbc:postgresql://a,b/c", "it is no URL of one host"],
    ["jdbc:postgresql://me:s3cret@db/a", "a user and a password before the host"],
    ["jdbc:postgresql://db/a?password=s3cret", "it must have no password"],
    ["jdbc:postgresql://db/a?socketTimeout=1", "the parameter socketTimeout is not supported"],
    ["jdbc:postgresql://db/a?sslmode=prefer", "sslmode is prefer; it must be"],
    ["jdbc:postgresql://db/a?currentSchema=a;b", "currentSchema a;b is no name"],
  ])("%s is refused", (text, problem) => {
    const refused = parseJdbcUrl(text);
    expect("problem" in refused && refused.problem).toContain(problem);
    expect(JSON.stringify(refused)).not.toContain("s3cret");
  });
});
