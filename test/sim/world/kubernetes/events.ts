import { type KubeObject, resourceTypes } from "../../../../src/api/kubernetes.ts";
import type { Actor } from "../journal.ts";
import { hash } from "../random.ts";
import { timestamp } from "./metadata.ts";
import type { ApiServer } from "./server.ts";

/** Records an event of a Kubernetes component about an object; a repeated event only increases the count. */
export const recordEvent = (
  server: ApiServer,
  actor: Actor,
  about: KubeObject,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): void => {
  const { namespace = "", name, uid } = about.metadata;
  const eventName = `${name}.${hash(`${uid}/${reason}/${message}`).toString(16).padStart(16, "0")}`;
  const existing = server.find(resourceTypes.event, namespace, eventName);
  const lastTimestamp = timestamp(server.clock);
  if (existing !== undefined) {
    const count = Number(existing.count ?? 1) + 1;
    server.mergePatch(actor, resourceTypes.event, namespace, eventName, { count, lastTimestamp });
    return;
  }
  server.create(actor, resourceTypes.event, {
    metadata: { name: eventName, namespace },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid },
    type,
    reason,
    message,
    count: 1,
    firstTimestamp: lastTimestamp,
    lastTimestamp,
    source: { component: actor },
  });
};
