import { setTimeout as pause } from "node:timers/promises";
import { isKubeError } from "../../../src/kube/errors.ts";
import type { KubeEvent } from "./cluster.ts";
import type { History } from "./history.ts";
import { until } from "./until.ts";

/** Long enough for several reconciles, and for the kubelet to change its words. */
const WINDOW_MS = 15_000;

/** What the operator reported of one problem. */
export interface Problem {
  /** status.error, read. */
  readonly message: string;
  readonly warning: KubeEvent;
}

/** A resource whose problems are watched. */
export interface Subject {
  readonly kind: "FlinkDeployment" | "FlinkSessionJob";
  readonly name: string;
  status(): Promise<{ readonly error?: string | undefined }>;
}

/** Counts from the present moment on. */
export interface Watcher {
  /**
   * Waits for a status.error in which all of this stands, then stays for a while: it is the only error in that time,
   * and it is reported by one Warning event, once. Apart from it only Flink's own exceptions are reported.
   */
  reported(...parts: string[]): Promise<Problem>;
}

export function watchProblems(history: History, app: Subject): Watcher {
  const [statuses, events] = [history.statuses.length, history.events.length];
  const errors = () =>
    history.statuses
      .slice(statuses)
      .filter(({ name }) => name === app.name)
      .map(({ status }) => status.error)
      .filter((error, index, all) => index === 0 || error !== all[index - 1]);
  const warnings = () => history.events.slice(events).filter((event) => isOperators(event, app));
  return {
    async reported(...parts) {
      const error = await until(`${app.name} says ${parts.join(" … ")}`, async () => {
        const current = (await app.status()).error;
        if (current !== undefined && parts.every((part) => current.includes(part))) return current;
        throw new Error(`the status says ${current}`);
      });
      await pause(WINDOW_MS);
      const said = errors().slice(errors().indexOf(error));
      if (said.length !== 1) throw new Error(`the error does not stay: ${said.join("\n")}`);
      const [warning, ...more] = warnings();
      if (warning === undefined || more.length > 0) {
        const found = warnings().map(({ reason, count, message }) => `${reason} x${count}: ${message}`);
        throw new Error(`instead of one Warning event:\n${found.join("\n")}`);
      }
      return { message: (JSON.parse(error) as { message: string }).message, warning };
    },
  };
}

const isOperators = ({ type, reason, involvedObject: { kind, name } }: KubeEvent, app: Subject) =>
  type === "Warning" && reason !== "JobException" && kind === app.kind && name === app.name;

/** The words with which the API server refuses something; fails where it does not. */
export async function refusal(request: Promise<unknown>): Promise<string> {
  try {
    await request;
  } catch (error) {
    if (isKubeError(error) && error.status === 422) return error.message;
    throw error;
  }
  throw new Error("the API server took it");
}
