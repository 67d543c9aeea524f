/**
 * The rotation of a self-managed certificate, without failed requests. First the new authority is published in addition to
 * the old one. When all clients trust it, its certificate is served. When all servers serve that, the old authority is
 * removed. The state is in one Secret, so any replica can take the next step.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyedCertificate } from "./issue.ts";

export interface StoredCertificates {
  readonly current: KeyedCertificate;
  /** Issued, with its authority published, but not served yet. */
  readonly next: KeyedCertificate | undefined;
  /** When the last step was taken, in milliseconds since the epoch. */
  readonly since: number;
  /** Whether the previous authority is still trusted. */
  readonly trustsPrevious: boolean;
}

/** In milliseconds. */
export interface RotationPolicy {
  readonly validity: number;
  /** How long before its expiry a certificate is replaced. */
  readonly renewBefore: number;
  /** How long after a step all clients and servers have observed it. */
  readonly settle: number;
}

const hour = 3_600_000;
const day = 24 * hour;

export const rotationPolicy: RotationPolicy = { validity: 90 * day, renewBefore: 30 * day, settle: hour };

export type Step =
  /** `until`: when to check again. */
  | { readonly kind: "keep"; readonly until: number }
  /** No certificate is usable: issue a new one and serve it at once. */
  | { readonly kind: "issue" }
  | { readonly kind: "announce" }
  | { readonly kind: "switch" }
  | { readonly kind: "forget" };

export interface RotationFacts {
  readonly stored: StoredCertificates | undefined;
  readonly hosts: readonly string[];
  /** Whether every existing webhook configuration has all trusted authorities. */
  readonly published: boolean;
  readonly now: number;
}

export function decideStep({ stored, hosts, published, now }: RotationFacts, policy: RotationPolicy): Step {
  if (stored === undefined || !isUsable(stored.current, hosts, now)) return { kind: "issue" };
  const { current, next, since, trustsPrevious } = stored;
  const settled = since + policy.settle;
  if (next !== undefined) {
    // If the next certificate has expired, because no replica was running, it is replaced.
    if (!isUsable(next, hosts, now)) return { kind: "announce" };
    if (now < settled) return { kind: "keep", until: settled };
    return published ? { kind: "switch" } : { kind: "keep", until: endOf(current) };
  }
  const due = endOf(current) - policy.renewBefore;
  if (trustsPrevious) return now < settled ? { kind: "keep", until: settled } : { kind: "forget" };
  return now < due ? { kind: "keep", until: due } : { kind: "announce" };
}

const endOf = ({ certificate }: KeyedCertificate): number =>
  Date.parse(new X509Certificate(certificate).validTo);

/** Whether the certificate can be served now. */
export function isUsable(
  { authority, certificate, key }: KeyedCertificate,
  hosts: readonly string[],
  now: number,
): boolean {
  try {
    const [issuer, issued] = [new X509Certificate(authority), new X509Certificate(certificate)];
    return (
      Date.parse(issued.validFrom) <= now &&
      now < Date.parse(issued.validTo) &&
      issued.checkPrivateKey(createPrivateKey(key)) &&
      issued.verify(issuer.publicKey) &&
      hosts.every((host) => issued.checkHost(host) !== undefined)
    );
  } catch {
    return false;
  }
}
