import ipaddr from "ipaddr.js";

/** Names of what an address can be, by ipaddr.js's names of ranges. All but "unicast" is kept from users. */
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

/** Public by its number, but a service of the machine's host: Azure's WireServer. */
const services = new Set(["168.63.129.16"]);

/** An IPv4 address that DNS64 has put into an IPv6 one (RFC 6052's well-known prefix) is judged as what it reaches. */
const nat64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");

/**
 * What kind of address this is, where it is not one of the public internet ("a loopback address"); undefined for a
 * public one. Whatever is no address is not public.
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
 * The same of a URL's host, as far as it can be said without asking for its addresses. Numbers in odd forms (decimal,
 * octal, hexadecimal) are in dotted form in every URL that was parsed.
 */
export function whyHostRestricted(host: string): string | undefined {
  const name = host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return kinds.loopback;
  return ipaddr.isValid(name) ? restrictedReason(name) : undefined;
}
