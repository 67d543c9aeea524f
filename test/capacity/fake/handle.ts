import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { FromFake, Mode, Question, Stats, ToFake } from "./messages.ts";

/** The process with the fake kubelet and the fake JobManagers. */
export interface FakeCluster {
  stats(): Promise<Stats>;
  setMode(mode: Mode, clusters: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when it watches pods and listens. */
export async function startFakeCluster(kubeconfig: string): Promise<FakeCluster> {
  const child = fork(join(import.meta.dirname, "main.ts"), [kubeconfig], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const waiting = new Map<number, { resolve(stats: Stats): void; reject(error: Error): void }>();
  const exited = once(child, "exit").then(() => {
    for (const { reject } of waiting.values()) reject(new Error("the fake cluster's process has ended"));
    waiting.clear();
  });
  let asked = 0;
  const answer = (id: number) =>
    new Promise<Stats>((resolve, reject) => waiting.set(id, { resolve, reject }));
  child.on("message", ({ id, stats }: FromFake) => {
    waiting.get(id)?.resolve(stats);
    waiting.delete(id);
  });
  const ask = (question: Question): Promise<Stats> => {
    const id = ++asked;
    if (!child.connected) return Promise.reject(new Error("the fake cluster's process has ended"));
    child.send({ ...question, id } satisfies ToFake);
    return answer(id);
  };

  await answer(0);
  return {
    stats: () => ask({ ask: "stats" }),
    async setMode(mode, clusters) {
      await ask({ ask: "mode", mode, clusters });
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
