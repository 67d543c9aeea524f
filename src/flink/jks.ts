/**
 * JKS, the keystore format of Java before version 9, whose last change was in 1998. The one library on npm that reads it is
 * based on node-forge and node-rsa (docs/adr/0015-libraries.md). The format is described in OpenJDK's JavaKeyStore.java, the
 * encryption of its keys in KeyProtector.java.
 */
import { createHash, createPrivateKey } from "node:crypto";
import { identifier, octets, parse, sequence } from "./asn1.ts";
import { damaged, StoreError } from "./storeError.ts";

export interface JksEntry {
  readonly alias: string;
  /** In DER. For a key, its own certificate comes first. */
  readonly certificates: readonly Buffer[];
  /** The encrypted key, for an entry with a key. */
  readonly protectedKey: Buffer | undefined;
}

const keyTag = 1;
const certificateTag = 2;
const digestLength = 20;

/** Without a password the store is read without verification, as in Java. Throws if it is damaged or the password is wrong. */
export function readJks(bytes: Buffer, password: string | undefined): JksEntry[] {
  const { entries, end } = readEntries(bytes);
  if (password) {
    const digest = sha1(utf16(password), Buffer.from("Mighty Aphrodite"), bytes.subarray(0, end));
    if (!digest.equals(bytes.subarray(end, end + digestLength)))
      throw new StoreError("password", "the password is another one, or the store is damaged");
  }
  return entries;
}

function readEntries(bytes: Buffer): { entries: JksEntry[]; end: number } {
  let at = 4;
  const unreadable = "its entries cannot be read";

  function take(length: number, problem: string): Buffer {
    if (length < 0 || at + length > bytes.length) throw damaged(problem);
    at += length;
    return bytes.subarray(at - length, at);
  }
  const number = (problem = unreadable) => take(4, problem).readInt32BE();
  const text = (problem = unreadable) => take(take(2, problem).readUInt16BE(), problem).toString();

  const version = number();
  if (version !== 1 && version !== 2) throw damaged(unreadable);

  function certificate(alias: string): Buffer {
    const problem = `a certificate of entry "${alias}" cannot be read`;
    // Its type, which is always X.509.
    if (version === 2) text(problem);
    return take(number(problem), problem);
  }

  function entry(): JksEntry {
    const tag = number();
    const alias = text();
    // Its creation time.
    take(8, unreadable);
    if (tag === certificateTag) return { alias, certificates: [certificate(alias)], protectedKey: undefined };
    if (tag !== keyTag) throw damaged(unreadable);
    const problem = `the key of entry "${alias}" cannot be read`;
    const protectedKey = take(number(problem), problem);
    const certificates: Buffer[] = [];
    for (let left = number(problem); left > 0; left -= 1) certificates.push(certificate(alias));
    return { alias, certificates, protectedKey };
  }

  const entries: JksEntry[] = [];
  for (let left = number(); left > 0; left -= 1) entries.push(entry());
  return { entries, end: at };
}

const keyProtection = "1.3.6.1.4.1.42.2.17.1.1";

/** The key of an entry, in PEM. Throws if it is damaged or has another password. */
export function recoverKey({ alias, protectedKey }: JksEntry, password: string): string {
  const problem = `the key of entry "${alias}" cannot be read`;
  try {
    const [algorithm, data] = sequence(parse(protectedKey ?? Buffer.alloc(0)));
    if (identifier(sequence(algorithm)[0]) !== keyProtection) throw damaged(problem);
    const plain = decrypted(octets(data), utf16(password));
    if (plain === undefined) throw new StoreError("key password", "the key has another password");
    const key = createPrivateKey({ key: plain, format: "der", type: "pkcs8" });
    return key.export({ format: "pem", type: "pkcs8" }).toString();
  } catch (error) {
    throw error instanceof StoreError ? error : damaged(problem);
  }
}

/** Layout: salt, key XOR a stream of digests, digest of the key. Undefined: the digest does not match the password. */
function decrypted(data: Buffer, password: Buffer): Buffer | undefined {
  const key = Buffer.from(data.subarray(digestLength, -digestLength));
  let digest = data.subarray(0, digestLength);
  for (let at = 0; at < key.length; at += 1) {
    if (at % digestLength === 0) digest = sha1(password, digest);
    key.writeUInt8(key.readUInt8(at) ^ digest.readUInt8(at % digestLength), at);
  }
  return sha1(password, key).equals(data.subarray(-digestLength)) ? key : undefined;
}

/** Java's characters: big-endian UTF-16. */
const utf16 = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();

function sha1(...parts: readonly Buffer[]): Buffer {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
