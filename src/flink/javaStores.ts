import { X509Certificate } from "node:crypto";
import type { KeyEntry, TrustedKeyEntry } from "jks-js";

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
  if (format === "JKS")
    return (await entriesOf(bytes, password)).flatMap((entry) =>
      "chain" in entry ? chainOf(entry) : pemOf(entry.cert.value, entry.alias),
    );
  return (await inPkcs12(bytes, password)).map((der) => new X509Certificate(der).toString());
}

/**
 * Certificate and key of a JKS keystore, in PEM: of its first entry whose key has this password too. Undefined: it has no
 * key. Rejects as `certificatesOf` does, and where each key has another password.
 */
export async function identityInJks(
  bytes: Buffer,
  password: string | undefined,
): Promise<{ cert: string; key: string } | undefined> {
  const { decrypt } = await import("jks-js");
  let refusal: Error | undefined;
  for (const entry of await entriesOf(bytes, password)) {
    if (!("chain" in entry)) continue;
    const key = attempt(() => decrypt(entry.protectedPrivateKey, password ?? ""));
    if (!(key instanceof Error)) return { cert: chainOf(entry).join(""), key };
    refusal ??= isOtherPassword(key) ? key : damaged(`the key of entry "${entry.alias}" cannot be read`);
  }
  if (refusal !== undefined) throw refusal;
  return undefined;
}

type Entry = KeyEntry | TrustedKeyEntry;

/** Without a password it is read unverified, as Java does. */
async function entriesOf(bytes: Buffer, password: string | undefined): Promise<Entry[]> {
  const { parseJks } = await import("jks-js");
  const entries = attempt(() => parseJks(bytes, password ?? ""));
  if (!(entries instanceof Error)) return entries;
  throw /verification failed/.test(entries.message) ? entries : damaged("its entries cannot be read");
}

const chainOf = ({ alias, chain }: KeyEntry): string[] => chain.map(({ value }) => pemOf(value, alias));

function pemOf(der: Buffer, alias: string): string {
  const pem = attempt(() => new X509Certificate(der).toString());
  if (pem instanceof Error) throw damaged(`a certificate of entry "${alias}" cannot be read`);
  return pem;
}

/** The library's word for a key that its password does not open. */
const isOtherPassword = ({ message }: Error): boolean => message === "Cannot recover key";

const damaged = (what: string): Error => new Error(`it is damaged: ${what}`);

/** In their own words, the libraries tell of a damaged store where in their buffers they were. */
function attempt<Found>(read: () => Found): Found | Error {
  try {
    return read();
  } catch (error) {
    return error as Error;
  }
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
