import { expect } from "vitest";
import type { Application } from "./application.ts";
import type { KubeEvent } from "./cluster.ts";
import type { History } from "./history.ts";
import { until } from "./until.ts";

/** What status.error holds, parsed. */
export async function statusError(app: Application): Promise<{ type: string; message: string } | undefined> {
  const { error } = await app.status();
  return error === undefined || error === null ? undefined : JSON.parse(error);
}

/** The Warning events about the resource itself. */
export const warningsAbout = (history: History, app: Application): KubeEvent[] => {
  const all = history.events.filter(
    ({ type, involvedObject: { kind, name } }) =>
      type === "Warning" && kind === "FlinkDeployment" && name === app.name,
  );
  // The watch tells an event again whenever its count grows: the last telling of each is the event.
  return [...new Map(all.map((event) => [event.metadata.name, event])).values()];
};

/**
 * Waits until the status names the cause, and holds that exactly one Warning event about the resource does, too.
 * Returns the message.
 */
export async function expectOneCause(history: History, app: Application, cause: RegExp): Promise<string> {
  const message = await until(`the status of ${app.name} names ${cause}`, async () => {
    const found = (await statusError(app))?.message;
    if (found !== undefined && !cause.test(found)) throw new Error(`it says: ${found}`);
    return found;
  });
  await until(`an event about ${app.name} names ${cause}`, () =>
    warningsAbout(history, app).some((event) => cause.test(event.message)),
  );
  const naming = warningsAbout(history, app).filter((event) => cause.test(event.message));
  expect(naming).toHaveLength(1);
  return message;
}
