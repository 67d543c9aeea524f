import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that can fail as networks do. */
export interface TcpProxy {
  port: number;
  /** Forwards no byte more on the connections there are, and closes none: they are half-open. New ones work. */
  stall(): void;
  /** Resets all connections. New ones work. */
  cut(): void;
  /** Resets each new connection at once, until told otherwise. */
  refuse(yes: boolean): void;
  /** Connections that stand. */
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
        // Read and thrown away: a network that has lost the connection tells nobody.
        client.resume();
        upstream.resume();
      }
    },
    cut() {
      for (const pair of pairs) destroy(pair);
    },
    refuse(yes) {
      refusing = yes;
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
