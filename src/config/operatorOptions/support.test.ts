import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { operatorOptions } from "../operatorOptions.ts";
import type { Option } from "../option.ts";
import { whyWithoutEffect } from "./support.ts";

const sources = join(import.meta.dirname, "../..");

/** All that the operator is made of, but for declarations and tests. */
const code = readdirSync(sources, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
  .filter((path) => !path.startsWith(join("config", "operatorOptions", "")))
  .map((path) => readFileSync(join(sources, path), "utf8"))
  .join("\n");

/** Named as a property of the options, or taken out of them. */
const isRead = (name: string): boolean =>
  new RegExp(`operatorOptions\\.${name}\\b|const \\{[^}]*\\b${name}\\b[^}]*\\} = operatorOptions`).test(code);

it.each(Object.entries<Option<unknown>>(operatorOptions))(
  "%s is either read somewhere or said to have no effect (support.ts)",
  (name, option) => {
    expect({ isRead: isRead(name) }).toEqual({ isRead: whyWithoutEffect(option) === undefined });
  },
);
