/**
 * Reads the certificates of a PKCS12 truststore (RFC 7292). Node itself opens only stores with a key. asn1js parses the store,
 * OpenSSL decrypts it. Supports what Java has written since 2021, and Triple DES from before, but not RC2, which OpenSSL has
 * dropped.
 */
import {
  createDecipheriv,
  createHash,
  createHmac,
  pbkdf2 as pbkdf2WithCallback,
  timingSafeEqual,
} from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import {
  identifier,
  integer,
  isInteger,
  octets,
  parse,
  sequence,
  tagged,
  taggedOctets,
  type Value,
} from "./asn1.ts";
import { damaged, StoreError } from "./storeError.ts";

const pbkdf2 = promisify(pbkdf2WithCallback);

const oid = {
  data: "1.2.840.113549.1.7.1",
  encryptedData: "1.2.840.113549.1.7.6",
  certificateBag: "1.2.840.113549.1.12.10.1.3",
  tripleDes: "1.2.840.113549.1.12.1.3",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  hmacWithSha1: "1.2.840.113549.2.7",
} as const;

const hashes: Readonly<Record<string, string>> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

const randomFunctions: Readonly<Record<string, string>> = {
  [oid.hmacWithSha1]: "sha1",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
};

const ciphers: Readonly<Record<string, { name: string; keyLength: number }>> = {
  "2.16.840.1.101.3.4.1.2": { name: "aes-128-cbc", keyLength: 16 },
  "2.16.840.1.101.3.4.1.22": { name: "aes-192-cbc", keyLength: 24 },
  "2.16.840.1.101.3.4.1.42": { name: "aes-256-cbc", keyLength: 32 },
  "1.2.840.113549.3.7": { name: "des-ede3-cbc", keyLength: 24 },
};

/** The certificates, in DER. Rejects with a StoreError: the store is damaged, its encryption is unsupported, or the password is wrong. */
export async function certificatesInPkcs12(bytes: Buffer, password = ""): Promise<Buffer[]> {
  try {
    const [, safe, mac] = sequence(parse(bytes));
    const content = octets(contentOf(safe, oid.data));
    if (mac !== undefined) await verify(sequence(mac), content, password);
    const found: Buffer[] = [];
    for (const each of sequence(parse(content))) found.push(...certificatesIn(await opened(each, password)));
    return found;
  } catch (error) {
    // The parser's message about a damaged store has only buffer positions.
    throw error instanceof StoreError ? error : damaged("it is no PKCS12 store");
  }
}

/** The content of a ContentInfo. */
function contentOf(value: Value, type: string): Value {
  const [found, content] = sequence(value);
  if (identifier(found) !== type) throw new Error("another type of content");
  return tagged(content);
}

/** The bags of a ContentInfo of the authenticated safe. */
async function opened(value: Value, password: string): Promise<Value[]> {
  const [type] = sequence(value);
  if (identifier(type) === oid.data) return sequence(parse(octets(contentOf(value, oid.data))));
  const [, encrypted] = sequence(contentOf(value, oid.encryptedData));
  const [, algorithm, data] = sequence(encrypted);
  return sequence(parse(await decrypted(sequence(algorithm), taggedOctets(data), password)));
}

const certificatesIn = (bags: readonly Value[]): Buffer[] =>
  bags.flatMap((bag) => {
    const [type, value] = sequence(bag);
    if (identifier(type) !== oid.certificateBag) return [];
    const [, certificate] = sequence(tagged(value));
    return [octets(tagged(certificate))];
  });

async function verify(mac: readonly Value[], content: Buffer, password: string): Promise<void> {
  const [digestInfo, salt, iterations] = mac;
  const [algorithm, digest] = sequence(digestInfo);
  const hash = known(hashes, sequence(algorithm)[0]);
  const expected = octets(digest);
  const rounds = iterations === undefined ? 1 : integer(iterations);
  const key = await deriveKey({
    purpose: 3,
    hash,
    password,
    salt: octets(salt),
    rounds,
    length: expected.length,
  });
  const actual = createHmac(hash, key).update(content).digest();
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected))
    throw new StoreError("password", "the password is another one, or the store is damaged");
}

async function decrypted(algorithm: readonly Value[], data: Buffer, password: string): Promise<Buffer> {
  const { cipher, key, iv } = await cipherOf(algorithm, password);
  const decipher = createDecipheriv(cipher, key, iv);
  return Buffer.concat([decipher.update(data), decipher.final()]);
}

interface CipherKey {
  readonly cipher: string;
  readonly key: Buffer;
  readonly iv: Buffer;
}

async function cipherOf([type, parameters]: readonly Value[], password: string): Promise<CipherKey> {
  if (identifier(type) === oid.tripleDes) {
    const [salt, iterations] = sequence(parameters);
    const common = { hash: "sha1", password, salt: octets(salt), rounds: integer(iterations) };
    const key = await deriveKey({ ...common, purpose: 1, length: 24 });
    return { cipher: "des-ede3-cbc", key, iv: await deriveKey({ ...common, purpose: 2, length: 8 }) };
  }
  if (identifier(type) !== oid.pbes2) throw unsupported(identifier(type));
  const [derivation, encryption] = sequence(parameters).map(sequence);
  if (identifier(derivation?.[0]) !== oid.pbkdf2) throw unsupported(identifier(derivation?.[0]));
  const { name, keyLength } = known(ciphers, encryption?.[0]);
  const [salt, iterations, ...optional] = sequence(derivation?.[1]);
  const random = optional.find((each) => !isInteger(each));
  const hash = random === undefined ? "sha1" : known(randomFunctions, sequence(random)[0]);
  const key = await pbkdf2(password, octets(salt), integer(iterations), keyLength, hash);
  return { cipher: name, key, iv: octets(encryption?.[1]) };
}

function known<Found>(table: Readonly<Record<string, Found>>, value: Value): Found {
  const found = table[identifier(value)];
  if (found === undefined) throw unsupported(identifier(value));
  return found;
}

const unsupported = (algorithm: string): StoreError =>
  new StoreError("encryption", `the algorithm ${algorithm} is not supported`);

interface Derivation {
  /** 1: a key; 2: an initialization vector; 3: the key of a MAC. */
  readonly purpose: 1 | 2 | 3;
  readonly hash: string;
  readonly password: string;
  readonly salt: Buffer;
  readonly rounds: number;
  readonly length: number;
}

/** How often the key derivation yields to other tasks. */
const turnEveryRounds = 10_000;

/** RFC 7292, appendix B.2. */
async function deriveKey({ purpose, hash, password, salt, rounds, length }: Derivation): Promise<Buffer> {
  const block = hash === "sha384" || hash === "sha512" ? 128 : 64;
  // BMPString, with a zero at its end.
  const secret = Buffer.from(`${password}\0`, "utf16le").swap16();
  const diversifier = Buffer.alloc(block, purpose);
  let input = Buffer.concat([filled(salt, block), filled(secret, block)]);
  let key = Buffer.alloc(0);
  while (key.length < length) {
    let digest = createHash(hash).update(diversifier).update(input).digest();
    for (let round = 1; round < rounds; round += 1) {
      digest = createHash(hash).update(digest).digest();
      if (round % turnEveryRounds === 0) await setImmediate();
    }
    key = Buffer.concat([key, digest]);
    input = eachPlus(input, filled(digest, block).subarray(0, block), block);
  }
  return key.subarray(0, length);
}

/** The bytes, repeated up to the next multiple of the block size. */
const filled = (bytes: Buffer, block: number): Buffer =>
  Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);

/** Adds the addend and 1 to each block, as unsigned numbers. */
function eachPlus(blocks: Buffer, addend: Buffer, block: number): Buffer<ArrayBuffer> {
  const number = (bytes: Buffer) => BigInt(`0x${bytes.toString("hex")}`);
  const sums = Array.from({ length: blocks.length / block }, (_, index) => {
    const sum = number(blocks.subarray(index * block, (index + 1) * block)) + number(addend) + 1n;
    return Buffer.from(
      BigInt.asUintN(8 * block, sum)
        .toString(16)
        .padStart(2 * block, "0"),
      "hex",
    );
  });
  return Buffer.concat(sums);
}
