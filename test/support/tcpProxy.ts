import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy that simulates network faults. */
export interface TcpProxy {
  port: number;
  /** Stops forwarding on all open connections without closing them: they are half-open. New ones work. */
  stall(): void;
  /** Resets all connections. New ones work. */
  cut(): void;
  /** Whether each new connection is reset at once. */
  refuse(refused: boolean): void;
  /** The number of open connections. */
  readonly open: number;
  close(): Promise<void>;
}

export async function tcpProxy(upstreamPort: number): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>();
  const destroy = (pair: [Socket, Socket]) => {
    pairs.delete(pair);
    for (const socket of pair) socket.resetAndDestroy();
  };
  let refusing = false;

  const server = createServer((client) => {
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(upstreamPort, "127.0.0.1");
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    client.pipe(upstream);
    upstream.pipe(client);
    for (const socket of pair) {
      socket.on("error", () => destroy(pair));
      socket.on("close", () => destroy(pair));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    port: (server.address() as AddressInfo).port,
    stall() {
      for (const [client, upstream] of pairs) {
        client.unpipe(upstream);
        upstream.unpipe(client);
        // Data is read and discarded: neither side notices the lost connection.
        client.resume();
        upstream.resume();
      }
    },
    cut() {
      for (const pair of pairs) destroy(pair);
    },
    refuse(refused) {
      refusing = refused;
    },
    get open() {
      return pairs.size;
    },
    async close() {
      for (const pair of pairs) destroy(pair);
      server.close();
      await once(server, "close");
    },
  };
}
