/**
 * How a self-made certificate is replaced without a request that fails. The new authority is published beside the old
 * one first; once clients must have heard of it, its certificate is served; once every server must have heard of that,
 * the old authority goes. What has been reached is in one Secret, so any replica takes the next step.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { KeyedCertificate } from "./issue.ts";

export interface StoredCertificates {
  readonly current: KeyedCertificate;
  /** Made, and its authority published, but not served yet. */
  readonly next: KeyedCertificate | undefined;
  /** When the last step was taken. */
  readonly since: number;
  /** Whether an authority is trusted besides the two. */
  readonly trustsPrevious: boolean;
}

/** In milliseconds. */
export interface RotationPolicy {
  readonly validity: number;
  /** How long before its end a certificate is replaced. */
  readonly renewBefore: number;
  /** How long after a step everybody must have heard of it. */
  readonly settle: number;
}

const hour = 3_600_000;
const day = 24 * hour;

export const rotationPolicy: RotationPolicy = { validity: 90 * day, renewBefore: 30 * day, settle: hour };

export type Step =
  /** `until`: when to look again. */
  | { readonly kind: "keep"; readonly until: number }
  /** There is nothing that could be served: from now on a new certificate is. */
  | { readonly kind: "issue" }
  | { readonly kind: "announce" }
  | { readonly kind: "switch" }
  | { readonly kind: "forget" };

export interface RotationFacts {
  readonly stored: StoredCertificates | undefined;
  readonly hosts: readonly string[];
  /** Whether every configuration that is there has all that is to be trusted. */
  readonly published: boolean;
  readonly now: number;
}

export function decideStep({ stored, hosts, published, now }: RotationFacts, policy: RotationPolicy): Step {
  if (stored === undefined || !isUsable(stored.current, hosts, now)) return { kind: "issue" };
  const { current, next, since, trustsPrevious } = stored;
  const settled = since + policy.settle;
  if (next !== undefined) {
    // One that has grown too old itself, because nobody was there, gives way to another.
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

/** Whether it can be served now. */
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
