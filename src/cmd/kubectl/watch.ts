import type { Command } from "commander";
import { errorText } from "./commandError.ts";
import { type Environment, tell } from "./environment.ts";
import { KubectlError } from "./kubectlError.ts";

/** How often what is watched is read again, in milliseconds. */
const INTERVAL_MS = 2_000;
const CLEAR_SCREEN = "\u001b[H\u001b[2J";

export const withWatch = (command: Command): Command =>
  command.option("-w, --watch", "show it again every two seconds, until it is interrupted");

/**
 * Shows something once, or again and again. Once it has been shown, a failure of kubectl is told and does not end the watch.
 */
export async function showOrWatch(
  environment: Environment,
  { watch }: { readonly watch?: true },
  show: () => Promise<void>,
): Promise<void> {
  if (watch && environment.isTerminal) environment.write(CLEAR_SCREEN);
  await show();
  while (watch) {
    await environment.pause(INTERVAL_MS);
    environment.write(environment.isTerminal ? CLEAR_SCREEN : "\n");
    try {
      await show();
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      tell(environment, errorText(error));
    }
  }
}
