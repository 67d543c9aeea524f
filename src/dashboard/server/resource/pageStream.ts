import { isDeepStrictEqual } from "node:util";
import type { KubeError } from "../../../kube/errors.ts";
import { isKubeError } from "../../../kube/errors.ts";
import { type Clock, sleep } from "../../../runtime/clock.ts";
import type { ResourcePage } from "../../contract.ts";
import type { EventStream } from "../eventStream.ts";
import { LOGIN_OVER } from "../httpError.ts";

/** How often it is looked whether the resource has changed, and when the page is made anew in any case. */
const lookMs = 2_000;
const restMs = 15_000;
const activeMs = 4_000;
/** How long, at rest, what was listed of a namespace counts: pods, events and snapshots can change while the resource does not. */
const listedMs = 60_000;

export interface PageReads {
  /** What changes with the resource, and with what was done to it here. It costs as little as possible. */
  version(): Promise<string>;
  /** `isListed`: what is around the resource in Kubernetes is listed again. Else only the resource and Flink are read. */
  page(isListed: boolean): Promise<ResourcePage>;
  /** The API server does not accept the caller's token any more. */
  onRefused(): void;
}

/** Sends the page whenever it changes, until the client goes away or may not read it any more. */
export async function followPage(
  stream: EventStream,
  clock: Clock,
  { version, page, onRefused }: PageReads,
): Promise<void> {
  let sent: ResourcePage | undefined;
  let [seen, builtAt, listedAt] = ["", 0, 0];
  let isActive = true;
  while (!stream.signal.aborted) {
    try {
      const present = await version();
      const now = clock.now();
      const isChanged = present !== seen;
      if (isChanged || now - builtAt >= (isActive ? activeMs : restMs)) {
        const isListed = isChanged || isActive || now - listedAt >= listedMs;
        const next = await page(isListed);
        seen = present;
        builtAt = now;
        if (isListed) listedAt = now;
        isActive = isInMotion(next);
        if (!isDeepStrictEqual(next, sent) && !(await stream.send("page", next))) return;
        sent = next;
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

/** The operator is at work, or a snapshot is taken: the resource itself does not change with that. */
const isInMotion = ({ row, snapshots }: ResourcePage): boolean =>
  (row.health !== "Ready" && row.health !== "Suspended") ||
  snapshots.some(
    ({ name, location, isFailed }) => name !== undefined && location === "" && isFailed !== true,
  );

const isOver = ({ status }: KubeError): boolean => [401, 403, 404].includes(status);

const messageOf = ({ status }: KubeError): string =>
  status === 404
    ? "The resource is gone."
    : status === 403
      ? "You may not read the resource any more."
      : LOGIN_OVER;
