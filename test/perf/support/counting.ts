import { inject } from "vitest";
import { createOperator, type Operator } from "../../../src/controllers/operator.ts";
import type { FlinkRest } from "../../../src/flink/api.ts";
import { createFlinkClient } from "../../../src/flink/client.ts";
import { createKubeClient } from "../../../src/kube/client.ts";
import { kubeconfigAccess } from "../../../src/kube/kubeconfig.ts";
import type { RequestRecord } from "../../../src/kube/transport.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { operatorConfig } from "../../e2e/support/byHand.ts";
import { noArtifacts } from "../../support/noArtifacts.ts";

/** The operator of this tree, in this process, with all that it asks of others written down. */
export interface CountedOperator {
  readonly operator: Operator;
  /** Requests to the API server but for watches, which stay open for minutes. */
  readonly requests: readonly RequestRecord[];
  /** Names of the calls to Flink's REST. */
  readonly flinkCalls: readonly string[];
  stop(): Promise<void>;
}

export function startOperator(namespace: string): CountedOperator {
  const requests: RequestRecord[] = [];
  const flinkCalls: string[] = [];
  const kube = createKubeClient(kubeconfigAccess(inject("kubeconfig")), {
    onRequest: (record) => {
      if (!record.watch) requests.push(record);
    },
  });
  const client = createFlinkClient();
  const flink = new Proxy<FlinkRest>(client, {
    get(target, name, receiver) {
      flinkCalls.push(String(name));
      return Reflect.get(target, name, receiver);
    },
  });
  const operator = createOperator({
    artifacts: noArtifacts,
    kube,
    flink,
    clock: systemClock,
    log: createLogger({ level: "error" }),
    config: () => operatorConfig,
    namespaces: () => [namespace],
    restAccess: "pod",
  });
  operator.start();
  return {
    operator,
    requests,
    flinkCalls,
    async stop() {
      await operator.stop();
      await Promise.all([kube.close(), client.close()]);
    },
  };
}

/** "PUT FlinkDeployment ×4, …": what the requests were. */
export function summary(requests: readonly RequestRecord[]): string {
  const counts = new Map<string, number>();
  for (const { method, type, status } of requests) {
    const what = `${method} ${type.kind}${status < 300 ? "" : ` (${status})`}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => (count === 1 ? what : `${what} ×${count}`)).join(", ");
}
