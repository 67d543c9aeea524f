import ipaddr from "ipaddr.js";

/** The kinds of addresses, by ipaddr.js's names of ranges. Only "unicast" addresses are allowed. */
const kinds: Readonly<Record<string, string>> = {
  loopback: "a loopback address",
  linkLocal: "a link-local address",
  private: "a private address",
  uniqueLocal: "a private address",
  deprecatedSiteLocal: "a private address",
  carrierGradeNat: "an address inside a provider's network",
  unspecified: "the address of no host",
  multicast: "a multicast address",
  broadcast: "a broadcast address",
};

/** A public address that is a service of the machine's host: Azure's WireServer. */
const services = new Set(["168.63.129.16"]);

/** The DNS64 prefix (RFC 6052). The embedded IPv4 address is checked instead. */
const nat64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");

/**
 * The kind of an address that is not public ("a loopback address"). Undefined for a public one. A text that is no address
 * is not public.
 */
export function restrictedReason(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return "no address";
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.match(nat64)) {
    return restrictedReason(parsed.toByteArray().slice(12).join("."));
  }
  const range = parsed.range();
  if (range === "unicast")
    return services.has(parsed.toString()) ? "a service of the machine's host" : undefined;
  return kinds[range] ?? "a reserved address";
}

/**
 * The same for the host of a URL, without a name lookup. A parsed URL has unusual forms of addresses (decimal, octal,
 * hexadecimal) in dotted form.
 */
export function restrictedHostReason(host: string): string | undefined {
  const name = host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return kinds.loopback;
  return ipaddr.isValid(name) ? restrictedReason(name) : undefined;
}
