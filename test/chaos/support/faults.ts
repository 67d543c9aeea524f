import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { killOperator, operatorProcess } from "../../e2e/support/operator.ts";
import type { Random } from "../../sim/world/random.ts";
import { restartApiServer } from "../../support/controlPlane.ts";

const run = promisify(execFile);

export type Fault = "operator killed" | "API server killed" | "watches cut";

/** Faults of what all resources depend on, one after the other, until it is stopped. */
export interface FaultInjection {
  readonly counts: ReadonlyMap<Fault, number>;
  /** Resolves when the last fault is over. */
  stop(): Promise<void>;
}

/** Milliseconds between two faults: an operator that starts within a second has time for an action or two, seldom for more. */
const PAUSE = { least: 3_000, spread: 4_000 };

export function startFaults(random: Random, kubeconfig: string, say: (what: string) => void): FaultInjection {
  const counts = new Map<Fault, number>();
  const ending = new AbortController();

  async function inject(): Promise<void> {
    const kind = chosen(random);
    try {
      await faults[kind](kubeconfig);
    } catch (error) {
      // Nothing there to kill, as an operator that is only just being started.
      say(`no fault (${kind}): ${error instanceof Error ? error.message : error}`);
      return;
    }
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    say(kind);
  }

  const injecting = (async () => {
    while (!ending.signal.aborted) {
      const ms = PAUSE.least + random.below(PAUSE.spread);
      await pause(ms, undefined, { signal: ending.signal }).catch(() => undefined);
      if (!ending.signal.aborted) await inject();
    }
  })();

  return {
    counts,
    async stop() {
      ending.abort();
      await injecting;
    },
  };
}

function chosen(random: Random): Fault {
  const die = random.below(10);
  if (die < 6) return "operator killed";
  return die < 9 ? "watches cut" : "API server killed";
}

const faults: Record<Fault, (kubeconfig: string) => Promise<unknown>> = {
  "operator killed": () => killOperator(),
  "API server killed": (kubeconfig) => restartApiServer({ name: "localkube", kubeconfig }),
  // The kernel ends every connection of the operator's pod to the API server, watches and requests alike.
  "watches cut": async () => {
    const { pid } = await operatorProcess();
    await run("nsenter", ["-t", String(pid), "-n", "ss", "-K", "state", "established", "dport = 443"]);
  },
};
