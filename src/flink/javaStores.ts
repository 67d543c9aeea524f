import { X509Certificate } from "node:crypto";

/** Whether these are the bytes of a JKS store. */
export const isJks = (bytes: Buffer): boolean => bytes.length >= 4 && bytes.readUInt32BE(0) === 0xfeedfeed;

/**
 * The certificates of a store of Java's, in PEM. Rejects where it is damaged or the password is another one. The libraries
 * are loaded where the first such store is met: most operators meet none.
 */
export async function certificatesOf(
  format: "JKS" | "PKCS12",
  bytes: Buffer,
  password: string | undefined,
): Promise<string[]> {
  const found = await (format === "JKS" ? inJks : inPkcs12)(bytes, password);
  return found.map((der) => new X509Certificate(der).toString());
}

/**
 * Certificate and key of a JKS keystore, in PEM: of its first entry with a key, as Java's own key manager takes it. Undefined:
 * it has none. Rejects as `certificatesOf` does.
 */
export async function identityInJks(
  bytes: Buffer,
  password: string | undefined,
): Promise<{ cert: string; key: string } | undefined> {
  const { toPem } = await import("jks-js");
  for (const { cert, key } of Object.values(toPem(bytes, password ?? "")))
    if (cert !== undefined && key !== undefined) return { cert, key };
  return undefined;
}

/** Without a password it is read unverified, as Java does. */
async function inJks(bytes: Buffer, password: string | undefined): Promise<Buffer[]> {
  const { parseJks } = await import("jks-js");
  return parseJks(bytes, password ?? "").flatMap((entry) =>
    "chain" in entry ? entry.chain.map(({ value }) => value) : [entry.cert.value],
  );
}

/** Node's own `pfx` refuses one without a private key. */
async function inPkcs12(bytes: Buffer, password: string | undefined): Promise<Buffer[]> {
  const { asn1, pkcs12, pki } = (await import("node-forge")).default;
  const store = pkcs12.pkcs12FromAsn1(asn1.fromDer(bytes.toString("binary")), false, password ?? "");
  const bagType = pki.oids.certBag as string;
  const bags = store.getBags({ bagType })[bagType] ?? [];
  return bags.map(({ cert, asn1: unread }) => {
    // Keys on elliptic curves are beyond the library, which then leaves the certificate as it came.
    const certificate = cert == null ? unread : pki.certificateToAsn1(cert);
    return Buffer.from(asn1.toDer(certificate).getBytes(), "binary");
  });
}
