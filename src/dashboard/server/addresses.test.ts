import { describe, expect, it } from "vitest";
import { clientAddress, isIn, parseRange } from "./addresses.ts";

const trusted = ["10.0.0.0/8", "fd00::/8", "192.0.2.1"].map(parseRange);

it.each([
  ["10.1.2.3", true],
  ["::ffff:10.1.2.3", true],
  ["192.0.2.1", true],
  ["192.0.2.2", false],
  ["fd00::1", true],
  ["2001:db8::1", false],
  ["not an address", false],
  [undefined, false],
])("%s: trusted %s", (address, expected) => expect(isIn(trusted, address)).toBe(expected));

it("names a range that is none", () =>
  expect(() => parseRange("10.0.0.0/40")).toThrow(/neither an address nor a network/));

describe("the address of a client", () => {
  it.each([
    ["is the peer's, whatever a header says", "192.0.2.9", "203.0.113.1", "192.0.2.9"],
    [
      "is the last hop that no trusted proxy is",
      "10.0.0.1",
      "198.51.100.7, 203.0.113.1, 10.0.0.2",
      "203.0.113.1",
    ],
    ["is the proxy's where it says nothing", "10.0.0.1", undefined, "10.0.0.1"],
    ["is not what is no address", "10.0.0.1", "<script>", "10.0.0.1"],
  ])("%s", (_, peer, forwarded, expected) => expect(clientAddress(trusted, peer, forwarded)).toBe(expected));
});
