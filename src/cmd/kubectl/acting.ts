import type { KubeObject } from "../../api/kubernetes.ts";
import type { Output } from "../../views/format.ts";
import { formatData } from "../../views/format.ts";
import type { Environment } from "./environment.ts";

/** What a command that acts has come to. */
export interface Acted {
  readonly resource: Pick<KubeObject, "kind" | "metadata">;
  /** False: everything was as asked already, or is refused. */
  readonly changed: boolean;
  /** Further fields of its result, as `-o` prints it. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Runs a command that acts. With `output`, standard output is one document that says what was done, and the command's lines go to
 * standard error. Where the command rejects, there is no document.
 */
export async function acting(
  environment: Environment,
  output: Output | undefined,
  command: (environment: Environment) => Promise<Acted>,
): Promise<void> {
  if (output !== "json" && output !== "yaml") {
    await command(environment);
    return;
  }
  const said: string[] = [];
  const warn = (text: string): void => {
    // What has several lines is a plan, which the result has as data.
    if (!text.trimEnd().includes("\n")) said.push(text.trimEnd());
    environment.warn(text.trimEnd());
  };
  const { resource, changed, details } = await command({
    ...environment,
    isTerminal: false,
    write: warn,
    warn,
  });
  const { kind = "", metadata } = resource;
  const { namespace = "", name } = metadata;
  environment.write(formatData({ kind, namespace, name, changed, messages: said, ...details }, output));
}
