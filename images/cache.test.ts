import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { cached, cacheFolder, keyOf, type Product, productPath, stablePath } from "./cache.ts";

beforeEach(() => {
  vi.stubEnv("FLINK_OPERATOR_CACHE", mkdtempSync(join(tmpdir(), "cache-")));
  return () => vi.unstubAllEnvs();
});

function product(content: string): Product {
  return { name: "thing", key: keyOf(content), extension: ".tar" };
}

function make(content: string): Promise<string> {
  return cached(product(content), async (path) => writeFileSync(path, content));
}

test("a product is built once", async () => {
  const first = await make("content");
  const second = await cached(product("content"), () => Promise.reject(new Error("made twice")));
  expect(second).toBe(first);
  expect(first).toBe(productPath(product("content")));
  expect(readFileSync(first, "utf8")).toBe("content");
});

test("the stable name links to the last requested product, and older ones are removed", async () => {
  const old = await make("old");
  const other = await cached({ name: "thing-else", key: keyOf(1), extension: ".tar" }, async (path) =>
    writeFileSync(path, "other"),
  );
  const current = await make("new");
  expect(realpathSync(stablePath(product("new")))).toBe(realpathSync(current));
  expect(existsSync(old)).toBe(false);
  expect(existsSync(other)).toBe(true);
});

test("a failure leaves no product, and the next try succeeds", async () => {
  const failing = cached(product("content"), async (path) => {
    writeFileSync(path, "half");
    throw new Error("no space");
  });
  await expect(failing).rejects.toThrow("no space");
  expect(existsSync(productPath(product("content")))).toBe(false);
  expect(readFileSync(await make("content"), "utf8")).toBe("content");
});

test("a second builder of the same product waits for the first", async () => {
  let made = 0;
  const build = () =>
    cached(product("content"), async (path) => {
      made++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      writeFileSync(path, "content");
    });
  await Promise.all([build(), build(), build()]);
  expect(made).toBe(1);
});

test("unfinished files of a killed builder are removed with the next product", async () => {
  await make("one");
  writeFileSync(join(cacheFolder(), `thing-${keyOf("killed")}.tar.unfinished.top`), "");
  await make("two");
  expect(readdirSync(cacheFolder()).filter((name) => name.includes("unfinished"))).toEqual([]);
});
