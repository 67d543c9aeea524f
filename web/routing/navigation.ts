import { createValue } from "../state/value.ts";
import { hrefOf, parseRoute, type Route } from "./route.ts";

export const route = createValue<Route>(parseRoute(typeof location === "undefined" ? "" : location.search));

/** The fleet page as it was left, for the way back. */
let lastFleet: Route | undefined;

export const fleetHref = (): string => (lastFleet === undefined ? "/" : hrefOf(lastFleet));

function arrive(search: string): void {
  const next = parseRoute(search);
  if (next.page === "fleet") lastFleet = next;
  route.set(next);
}

export function startNavigation(): void {
  arrive(location.search);
  addEventListener("popstate", () => arrive(location.search));
}

export function navigate(href: string): void {
  history.pushState(null, "", href);
  arrive(location.search);
}

/** For what is typed or switched on a page: the way back does not go through each letter. */
export function replaceRoute(next: Route): void {
  history.replaceState(null, "", hrefOf(next));
  arrive(location.search);
}

/** Where an identity provider sends the browser back to, once it is at the dashboard again. */
const RETURN_KEY = "return-to";

export const rememberPlace = (): void => sessionStorage.setItem(RETURN_KEY, location.search);

export function returnToPlace(): void {
  const search = sessionStorage.getItem(RETURN_KEY);
  if (search === null) return;
  sessionStorage.removeItem(RETURN_KEY);
  if (location.search === "") history.replaceState(null, "", `/${search}`);
}
