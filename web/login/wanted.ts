import { createValue } from "../state/value.ts";

/** The cluster whose login form is shown although others are signed in to; with "", none is. */
export const wantedLogin = createValue("");

export const askForLogin = (cluster: string): void => wantedLogin.set(cluster);
