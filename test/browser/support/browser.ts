/** A page of a real browser on a made-up dashboard. What goes wrong in the page fails the test. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { FleetRow } from "../../../src/dashboard/contract.ts";
import { type FakeDashboard, fakeDashboard } from "../../support/dashboard/fakeDashboard.ts";
import { fleetRows } from "../../support/dashboard/fleetRows.ts";

/** How long a page may take to show something on a machine that does much else. */
const SHOWN_WITHIN_MS = 20_000;

let browser: Browser;
/** Called at the end of a test, the newest first. */
const ends: (() => Promise<unknown>)[] = [];

/** At the end of the test. */
export const atEnd = (end: () => Promise<unknown>): void => void ends.push(end);

/** Registers the browser for the tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    // As root, and in containers, Chromium's own sandbox does not start.
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });
  afterAll(() => browser.close());
}

export const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
};

interface Opened {
  readonly page: Page;
  readonly fake: FakeDashboard;
}

interface Options {
  /** The query of the address. */
  readonly at?: string;
  readonly rows?: readonly FleetRow[];
  readonly clusters?: readonly string[];
  /** Undefined: nobody is signed in. */
  readonly user?: "admin" | "reader" | undefined;
  readonly context?: BrowserContextOptions;
}

export const cluster = "production";

/** A fleet with every kind, every health, and an own row for each test that needs one. */
export const someRows = (now = Date.now()): FleetRow[] => fleetRows(cluster, 140, now);

/** The address of one resource. */
export const at = (id: string, tab = ""): string => `?resource=${id}${tab === "" ? "" : `&tab=${tab}`}`;

export const healthy = `${cluster}/flinkdeployments/orders/checkout-events`;

export async function open({
  at: search = "",
  rows = someRows(),
  clusters = [cluster],
  context = {},
  ...more
}: Options = {}): Promise<Opened> {
  const user = "user" in more ? more.user : "admin";
  const fake = await fakeDashboard({ rows, clusters });
  ends.push(() => fake.close());
  if (user !== undefined) for (const each of clusters) fake.signIn(each, user);
  return { page: await openPage(`${fake.url}/${search}`, context), fake };
}

/** A page of a browser of its own. What is logged as an error there fails the test. */
export async function openPage(url: string, context: BrowserContextOptions = {}): Promise<Page> {
  const opened = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...context });
  ends.push(() => opened.close());
  opened.setDefaultTimeout(SHOWN_WITHIN_MS);
  const page = await opened.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    // An answer that is no success is logged by the browser itself.
    const isExpected = /^Failed to load resource|net::ERR/.test(message.text());
    if (message.type() === "error" && !isExpected) problems.push(message.text());
  });
  ends.push(async () => expect(problems).toEqual([]));
  await page.goto(url);
  return page;
}
