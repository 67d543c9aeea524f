import ipaddr from "ipaddr.js";

export type AddressRange = ReturnType<typeof ipaddr.parseCIDR>;

/** A network as CIDR, or one address. Throws an Error that says what is wrong. */
export function parseRange(text: string): AddressRange {
  try {
    if (text.includes("/")) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  } catch {
    throw new Error(`"${text}" is neither an address nor a network such as 10.0.0.0/8`);
  }
}

/** Whether an address is in one of the ranges. An IPv4 address that is written as IPv6 is that IPv4 address. */
export function isIn(ranges: readonly AddressRange[], text: string | undefined): boolean {
  if (text === undefined || !ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  return ranges.some((range) => address.kind() === range[0].kind() && address.match(range));
}

/**
 * The address of a client: the peer's, or where the peer is a trusted proxy, the last in X-Forwarded-For that is none. What stands before
 * that, anybody can have written.
 */
export function clientAddress(
  trusted: readonly AddressRange[],
  peer: string | undefined,
  forwardedFor: string | undefined,
): string {
  const hops = [...(forwardedFor ?? "").split(",").map((each) => each.trim()), peer ?? ""];
  let address = hops.pop() ?? "";
  while (isIn(trusted, address)) {
    const before = hops.pop();
    if (before === undefined || !ipaddr.isValid(before)) break;
    address = before;
  }
  return address;
}
