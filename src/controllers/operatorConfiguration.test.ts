import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type FakeClock, fakeClock } from "../../test/support/fakeClock.ts";
import type { FlinkConfig } from "../config/flinkConfig.ts";
import { operatorOptions } from "../config/operatorOptions.ts";
import { createLogger } from "../telemetry/log.ts";
import { createOperatorConfiguration, type OperatorConfiguration } from "./operatorConfiguration.ts";

const interval = operatorOptions.reconcileInterval;

let folder: string;
let clock: FakeClock;
let lines: { level: string; msg: string; option?: string }[];
let log: ReturnType<typeof createLogger>;
let reported: FlinkConfig[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "configuration-"));
  clock = fakeClock();
  lines = [];
  reported = [];
  log = createLogger({ destination: { write: (line) => lines.push(JSON.parse(line)) } });
});

const write = (text: string, name = "config.yaml") => writeFileSync(join(folder, name), text);
const messages = () => lines.map(({ msg }) => msg);

function start(folders = [folder]): OperatorConfiguration {
  const configuration = createOperatorConfiguration({ folders, clock, log, logLevel: "info" });
  configuration.follow((config) => reported.push(config));
  return configuration;
}

/** Longer than the poll interval: these tests do not depend on the watch of the file system. */
const look = () => clock.advance(300_000);

describe("at the start", () => {
  it("logs the configuration, without secrets", () => {
    write("kubernetes.operator.watched.namespaces: default,flink\ns3.secret-key: hidden\n");
    start();
    expect(messages()).toEqual([
      "Setting default configuration to {kubernetes.operator.watched.namespaces=default,flink, s3.secret-key=******}",
    ]);
  });

  it("uses the defaults if there is no file", () => {
    expect(start().current().get(interval)).toBe(60_000);
  });

  it("uses the default for a wrong value, and logs an error", () => {
    write(`${interval.key}: soon\nparallelism.default: 2`);
    const configuration = start();
    expect(configuration.current().get(interval)).toBe(60_000);
    expect(lines[0]).toMatchObject({ level: "error", option: interval.key });
    expect(lines[0]?.msg).toContain('"soon"');
  });

  it("does not start with an unreadable file", () => {
    write("a: [");
    expect(() => start()).toThrow(/^config\.yaml: not YAML/);
  });

  it("does not start with a wrong value of a leader election option", () => {
    write(`${operatorOptions.leaderElection.key}: yes please`);
    expect(() => start()).toThrow(/leader-election\.enabled: "yes please" is neither true nor false/);
  });

  it("prefers the second folder over the first", () => {
    const overrides = mkdtempSync(join(tmpdir(), "overrides-"));
    writeFileSync(join(overrides, "flink-conf.yaml"), `${interval.key}: 20 s\n`);
    write(`${interval.key}: 15 s\nparallelism.default: 2`);
    const config = start([folder, overrides]).current();
    expect(config.get(interval)).toBe(20_000);
    expect(config.entries.get("parallelism.default")).toBe("2");
  });
});

describe("while it runs", () => {
  it("applies and reports a change, and reports nothing if nothing has changed", async () => {
    write(`${interval.key}: 15 s`);
    const configuration = start();
    const before = configuration.current();
    await look();
    expect(configuration.current()).toBe(before);
    write(`# the same\n${interval.key}: 15 s`);
    await look();
    expect(reported).toEqual([]);
    write(`${interval.key}: 20 s`);
    await look();
    expect(reported.map((config) => config.get(interval))).toEqual([20_000]);
    expect(configuration.current()).toBe(reported[0]);
    expect(messages().at(-1)).toBe(`Setting default configuration to {${interval.key}=20 s}`);
  });

  it.each([
    ["a wrong value", `${interval.key}: soon\nparallelism.default: 1`, `Refused ${interval.key}: `],
    ["a file that cannot be read", "a: [", "The configuration could not be read; the last good one stays"],
  ])("keeps the last good value on %s", async (_, text, message) => {
    write(`${interval.key}: 15 s\nparallelism.default: 1`);
    const configuration = start();
    write(text);
    await look();
    expect(configuration.current().get(interval)).toBe(15_000);
    expect(reported).toEqual([]);
    expect(messages().at(-1)).toContain(message);
  });

  it("keeps its configuration if the file is deleted", async () => {
    write(`${interval.key}: 15 s`);
    const configuration = start();
    rmSync(join(folder, "config.yaml"));
    await look();
    expect(configuration.current().get(interval)).toBe(15_000);
  });

  it("changes nothing if dynamic configuration is off", async () => {
    write(`${operatorOptions.dynamicConfig.key}: false`);
    start();
    write(`${interval.key}: 20 s`);
    await look();
    expect(reported).toEqual([]);
  });

  it("applies the log level of the logging file as soon as it changes", async () => {
    start();
    expect(log.level).toBe("info");
    write("rootLogger.level = DEBUG", "log4j-operator.properties");
    await look();
    expect(log.level).toBe("debug");
    rmSync(join(folder, "log4j-operator.properties"));
    await look();
    expect(log.level).toBe("info");
  });
});
