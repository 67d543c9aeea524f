import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { answerOf } from "./answers.ts";
import type { JobManager, JobManagers } from "./jobManagers.ts";
import type { FlinkCounts } from "./messages.ts";

/** Flink's default port, at the address of each pod. */
const restPort = 8081;
/** Milliseconds until a JobManager in mode "slow" answers. */
const slowMs = 2_000;

export interface FlinkServer {
  readonly port: number;
  counts(): FlinkCounts;
  /** Closes the connections to these addresses. */
  closeOf(addresses: readonly string[]): void;
  close(): void;
}

/**
 * One listener for all JobManagers: the address that a client connected to names the one it gets. It listens at every address
 * of the machine, since 127.0.0.0/8 cannot be named as a whole, and drops connections that are not from it.
 */
export async function serveFlink(jobManagers: JobManagers, port: number = restPort): Promise<FlinkServer> {
  const calls: Record<string, number> = {};
  const sockets = new Map<string, Set<Socket>>();
  let connections = 0;
  let open = 0;

  const server = createServer((request, response) => {
    const jobManager = jobManagers.at(request.socket.localAddress ?? "");
    if (jobManager === undefined) request.socket.resetAndDestroy();
    else void answer(jobManager, request, response);
  });
  // As Flink, which closes no idle connection.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;

  async function answer(
    jobManager: JobManager,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { what, status, text } = answerOf(
      jobManager.job,
      { method: request.method ?? "", url: request.url ?? "", body },
      Date.now(),
      jobManager.mode !== "hung",
    );
    calls[what] = (calls[what] ?? 0) + 1;
    if (jobManager.mode === "hung") return;
    const send = () =>
      response.writeHead(status, { "content-type": "application/json; charset=UTF-8" }).end(text);
    if (jobManager.mode === "slow") setTimeout(send, slowMs);
    else send();
  }

  server.on("connection", (socket: Socket) => {
    const address = socket.localAddress ?? "";
    const jobManager = jobManagers.at(address);
    connections++;
    if (
      !socket.remoteAddress?.startsWith("127.") ||
      jobManager === undefined ||
      jobManager.mode === "refuses"
    ) {
      socket.resetAndDestroy();
      return;
    }
    open++;
    const ofAddress = sockets.get(address) ?? new Set();
    sockets.set(address, ofAddress.add(socket));
    socket.once("close", () => {
      open--;
      ofAddress.delete(socket);
      if (ofAddress.size === 0) sockets.delete(address);
    });
    // A client that goes away says so with a reset.
    socket.on("error", () => undefined);
  });
  server.listen(port, "0.0.0.0", 4_096);
  await once(server, "listening");

  return {
    port: (server.address() as AddressInfo).port,
    counts: () => ({ calls: { ...calls }, connections, open }),
    closeOf(addresses) {
      for (const address of addresses) for (const socket of sockets.get(address) ?? []) socket.destroy();
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
