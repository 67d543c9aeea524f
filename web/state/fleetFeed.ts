import { type FleetEvent, routes } from "../../src/dashboard/contract.ts";
import { eventStream, type StreamState } from "../api/eventStream.ts";
import { endLogin, loadSession } from "../api/session.ts";
import { applyFleetEvent, emptyFleet, type Fleet, forgetCluster } from "./fleet.ts";
import { createValue } from "./value.ts";

export const fleet = createValue<Fleet>(emptyFleet);
export const fleetState = createValue<StreamState>("connecting");

let close: (() => void) | undefined;
let next: Fleet = emptyFleet;

/** Events that come together are drawn once. */
function changeFleet(change: (known: Fleet) => Fleet): void {
  const isScheduled = next !== fleet.get();
  next = change(next);
  if (!isScheduled) setTimeout(() => fleet.set(next), 16);
}

/** Namespaces that the address has named. Who may not list namespaces sees only those that they name. */
const asked = new Set<string>();
/** As many as the server takes. */
const MOST_ASKED = 20;
let followed: readonly string[] = [];

/** Asks for the resources of a namespace, unless some are there. */
export function lookInto(namespace: string): void {
  const isKnown = [...next.rows.values()].some((row) => row.namespace === namespace);
  if (namespace === "" || isKnown || asked.has(namespace) || asked.size === MOST_ASKED) return;
  asked.add(namespace);
  if (followed.length > 0) followFleet(followed);
}

const fleetUrl = (): string => {
  const query = new URLSearchParams([...asked].map((namespace) => ["namespace", namespace]));
  return asked.size === 0 ? routes.fleet : `${routes.fleet}?${query}`;
};

/** Follows the fleet of these clusters from now on; again after a login or logout. */
export function followFleet(clusters: readonly string[]): void {
  close?.();
  followed = clusters;
  const gone = [...next.complete].filter((each) => !clusters.includes(each));
  if (gone.length > 0) changeFleet((known) => gone.reduce(forgetCluster, known));
  if (clusters.length === 0) return;
  close = eventStream({
    url: fleetUrl(),
    names: ["rows", "changes", "problems", "ended"] satisfies FleetEvent["type"][],
    onEvent(_, data) {
      const event = data as FleetEvent;
      changeFleet((known) => applyFleetEvent(known, event));
      if (event.type === "ended") endLogin(event.cluster, event.message);
    },
    onState: (state) => fleetState.set(state),
    // Where the logins are over, the session says so.
    onFailure: () => void loadSession(),
  });
}
