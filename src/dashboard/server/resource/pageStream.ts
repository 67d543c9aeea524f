import { createHash } from "node:crypto";
import type { KubeError } from "../../../kube/errors.ts";
import { isKubeError } from "../../../kube/errors.ts";
import { type Clock, sleep } from "../../../runtime/clock.ts";
import type { ResourcePage } from "../../contract.ts";
import type { EventStream } from "../eventStream.ts";

/** How often it is looked whether the resource has changed, and when the page is made anew in any case. */
const lookMs = 2_000;
const restMs = 15_000;
const activeMs = 4_000;

export interface PageReads {
  /** The present version of the resource. */
  version(): Promise<string>;
  page(): Promise<ResourcePage>;
  /** The API server does not accept the caller's token any more. */
  onRefused(): void;
}

/** Sends the page whenever it changes, until the client goes away or may not read it any more. */
export async function followPage(
  stream: EventStream,
  clock: Clock,
  { version, page, onRefused }: PageReads,
): Promise<void> {
  let [sent, seen, builtAt] = ["", "", 0];
  let intervalMs = activeMs;
  while (!stream.signal.aborted) {
    try {
      const present = await version();
      if (present !== seen || clock.now() - builtAt >= intervalMs) {
        seen = present;
        builtAt = clock.now();
        const next = await page();
        intervalMs = next.row.health === "Ready" || next.row.health === "Suspended" ? restMs : activeMs;
        const digest = createHash("sha256").update(JSON.stringify(next)).digest("base64url");
        if (digest !== sent && !(await stream.send("page", next))) return;
        sent = digest;
      }
    } catch (error) {
      if (!isKubeError(error)) throw error;
      if (isOver(error)) {
        if (error.status === 401) onRefused();
        await stream.send("ended", { type: "ended", message: messageOf(error) });
        return stream.close();
      }
      // It answers again later.
    }
    await sleep(clock, lookMs, stream.signal);
  }
}

const isOver = ({ status }: KubeError): boolean => [401, 403, 404].includes(status);

const messageOf = ({ status }: KubeError): string =>
  status === 404
    ? "The resource is gone."
    : status === 403
      ? "You may not read the resource any more."
      : "The API server does not accept your login any more: sign in again.";
