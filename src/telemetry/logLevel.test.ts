import { expect, it } from "vitest";
import { log4jRootLevel, parseLogLevel } from "./logLevel.ts";

it("the last root level of a log4j file wins, comments are ignored", () => {
  const defaults = "rootLogger.level = INFO\nrootLogger.appenderRef.console.ref = ConsoleAppender\n";
  expect(log4jRootLevel(defaults)).toBe("info");
  expect(log4jRootLevel(`${defaults}# rootLogger.level = DEBUG\n`)).toBe("info");
  expect(log4jRootLevel(`${defaults}rootLogger.level=DEBUG\n`)).toBe("debug");
  expect(log4jRootLevel("logger.operator.level = DEBUG\n")).toBeUndefined();
});

it.each([
  ["debug", "debug"],
  ["ALL", "trace"],
  ["off", "silent"],
  ["loud", undefined],
])("the level %s is %s", (text, level) => {
  expect(parseLogLevel(text)).toBe(level);
});
