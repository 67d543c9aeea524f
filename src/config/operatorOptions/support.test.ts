import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { operatorOptions } from "../operatorOptions.ts";
import type { Option } from "../option.ts";
import { noEffectReason } from "./support.ts";

const sources = join(import.meta.dirname, "../..");

/** All source files of the operator, except declarations and tests. */
const code = readdirSync(sources, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .filter((path) => !path.startsWith(join("config", "operatorOptions", "")))
  .map((path) => readFileSync(join(sources, path), "utf8"))
  .join("\n");

/** Used as a property of the options, or destructured from them. */
const isRead = (name: string): boolean =>
  new RegExp(`operatorOptions\\.${name}\\b|const \\{[^}]*\\b${name}\\b[^}]*\\} = operatorOptions`).test(code);

it.each(Object.entries<Option<unknown>>(operatorOptions))(
  "%s is either read somewhere or declared to have no effect (support.ts)",
  (name, option) => {
    expect({ isRead: isRead(name) }).toEqual({ isRead: noEffectReason(option) === undefined });
  },
);
