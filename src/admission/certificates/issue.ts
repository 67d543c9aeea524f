/**
 * Issues a server certificate with its own authority, on the platform's WebCrypto. The library takes 9 MiB of memory, so other
 * modules import only the types.
 */
import "reflect-metadata";
import { KeyObject, randomBytes, type webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** All fields are in PEM. */
export interface KeyedCertificate {
  /** The authority that clients trust. Its key is discarded, so that no other certificate can be issued with it. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

export interface Validity {
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

const critical = true;
/** A CA that issues only end-entity certificates. */
const authorityExtensions = [
  new BasicConstraintsExtension(true, 0, critical),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign, critical),
];

const serverExtensions = (hosts: readonly string[]): Extension[] => [
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, critical),
  new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
  new SubjectAlternativeNameExtension(hosts.map((value) => ({ type: "dns", value }))),
];

const pem = (certificate: X509Certificate): string => `${certificate.toString("pem")}\n`;

/** Issues a certificate for these host names, with its own authority. */
export async function issueCertificate(
  hosts: readonly string[],
  { notBefore, notAfter }: Validity,
): Promise<KeyedCertificate> {
  const [authorityKeys, serverKeys] = await Promise.all([newKeys(), newKeys()]);
  const common = {
    // Authorities that are trusted at the same time must have different names.
    issuer: [{ CN: [`flink-operator-webhook-ca-${randomBytes(6).toString("hex")}`] }],
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
  };
  const [authority, certificate] = await Promise.all([
    X509CertificateGenerator.create({
      ...common,
      subject: common.issuer,
      publicKey: authorityKeys.publicKey,
      extensions: authorityExtensions,
    }),
    X509CertificateGenerator.create({
      ...common,
      subject: [{ CN: [hosts[0] ?? ""] }],
      publicKey: serverKeys.publicKey,
      extensions: serverExtensions(hosts),
    }),
  ]);
  return {
    authority: pem(authority),
    certificate: pem(certificate),
    key: KeyObject.from(serverKeys.privateKey).export({ type: "pkcs8", format: "pem" }).toString(),
  };
}
