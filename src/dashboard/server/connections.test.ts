import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { limitConnections } from "./connections.ts";

/** Connects from an address of loopback, and tells whether the connection was kept. */
async function openFrom(localAddress: string, port: number): Promise<Socket & { isKept?: boolean }> {
  const socket: Socket & { isKept?: boolean } = connect({ host: "127.0.0.1", port, localAddress });
  const kept = once(socket, "data").then(() => true);
  socket.on("error", () => {});
  socket.isKept = await Promise.race([kept, once(socket, "close").then(() => false)]).catch(() => false);
  return socket;
}

it("ends the connections of an address beyond the most, and those of no other", async () => {
  const server = createServer();
  limitConnections(server, 2, (address) => address === "127.0.0.3");
  server.on("connection", (socket) => socket.write("hello"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sockets = [];
  for (const from of ["1", "1", "1", "2", "3", "3", "3"])
    sockets.push(await openFrom(`127.0.0.${from}`, port));
  expect(sockets.map(({ isKept }) => isKept)).toEqual([true, true, false, true, true, true, true]);
  sockets[0]?.destroy();
  await eventually("room for another", async () => {
    const another = await openFrom("127.0.0.1", port);
    sockets.push(another);
    return another.isKept === true;
  });
  for (const socket of sockets) socket.destroy();
  server.close();
});
