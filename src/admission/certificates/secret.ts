/** The Secret with the certificate that the replicas share. */
import type { KubeObject } from "../../api/kubernetes.ts";
import type { StoredCertificates } from "./decideStep.ts";
import type { KeyedCertificate } from "./issue.ts";

/** An annotation of the Secret: when the last step of the rotation was taken (RFC 3339). */
export const STEP_ANNOTATION = "flink.apache.org/certificate-step";

export const secretKeys = {
  /** All trusted authorities. That of the current certificate comes first. */
  trusted: "ca.crt",
  certificate: "tls.crt",
  key: "tls.key",
  nextCertificate: "next.crt",
  nextKey: "next.key",
} as const;

/** The current and the next certificate, and the trusted authorities, that of the current one first. */
export interface CertificateState {
  readonly current: KeyedCertificate;
  readonly next: KeyedCertificate | undefined;
  readonly trusted: readonly string[];
}

type Data = Record<string, string | null>;

/** `null` removes an entry. */
export function secretChanges(
  { current, next, trusted }: CertificateState,
  now: number,
): { metadata: object; data: Data } {
  const { certificate, key, nextCertificate, nextKey } = secretKeys;
  return {
    metadata: { annotations: { [STEP_ANNOTATION]: new Date(now).toISOString() } },
    data: {
      [secretKeys.trusted]: base64(trusted.join("")),
      [certificate]: base64(current.certificate),
      [key]: base64(current.key),
      [nextCertificate]: next === undefined ? null : base64(next.certificate),
      [nextKey]: next === undefined ? null : base64(next.key),
    },
  };
}

/** Undefined: the Secret has no certificate, or is invalid. */
export function readSecret(
  secret: KubeObject | undefined,
): (CertificateState & StoredCertificates) | undefined {
  const data = (secret?.data ?? {}) as Record<string, string | undefined>;
  const textOf = (key: string) => Buffer.from(data[key] ?? "", "base64").toString("utf8");
  const trusted = textOf(secretKeys.trusted).match(
    /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n?/g,
  );
  const [first, second] = trusted ?? [];
  const [certificate, key] = [textOf(secretKeys.certificate), textOf(secretKeys.key)];
  const since = Date.parse(secret?.metadata.annotations?.[STEP_ANNOTATION] ?? "");
  if (first === undefined || certificate === "" || key === "" || Number.isNaN(since)) return undefined;
  const nextCertificate = textOf(secretKeys.nextCertificate);
  const next =
    nextCertificate === "" || second === undefined
      ? undefined
      : { authority: second, certificate: nextCertificate, key: textOf(secretKeys.nextKey) };
  return {
    current: { authority: first, certificate, key },
    next,
    trusted: trusted ?? [],
    since,
    trustsPrevious: next === undefined && second !== undefined,
  };
}

export const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
