/** A server certificate and the authority that vouches for it, made with what Node brings. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  bits,
  identifier,
  integer,
  octets,
  sequence,
  set,
  tagged,
  taggedText,
  text,
  time,
  yes,
} from "./der.ts";

/** PEM, all of it. */
export interface KeyedCertificate {
  /** What clients trust. Its key is gone: nobody can make another certificate of it, whoever reads this. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

export interface Validity {
  /** Milliseconds since the epoch, as all times here. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const ecdsaWithSha256 = sequence(identifier("1.2.840.10045.4.3.2"));

const name = (commonName: string): Buffer => sequence(set(sequence(identifier("2.5.4.3"), text(commonName))));

const extension = (id: string, content: Buffer, critical: boolean): Buffer =>
  sequence(identifier(id), ...(critical ? [yes] : []), octets(content));

const authorityExtensions = [
  // A CA, and of end entities only.
  extension("2.5.29.19", sequence(yes, integer(Buffer.from([0]))), true),
  // keyCertSign
  extension("2.5.29.15", bits(Buffer.from([0b0000_0100]), 2), true),
];

const serverExtensions = (hosts: readonly string[]): Buffer[] => [
  // digitalSignature
  extension("2.5.29.15", bits(Buffer.from([0b1000_0000]), 7), true),
  // serverAuth
  extension("2.5.29.37", sequence(identifier("1.3.6.1.5.5.7.3.1")), false),
  extension("2.5.29.17", sequence(...hosts.map((host) => taggedText(2, host))), false),
];

interface Content {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly validity: Validity;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function certificateOf(content: Content, signingKey: KeyObject): string {
  const { issuer, subject, validity, publicKey, extensions } = content;
  const toBeSigned = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    ecdsaWithSha256,
    issuer,
    sequence(time(validity.notBefore), time(validity.notAfter)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    tagged(3, sequence(...extensions)),
  );
  const signature = sign("sha256", toBeSigned, signingKey);
  return pem(sequence(toBeSigned, ecdsaWithSha256, bits(signature)));
}

/** Never zero at the front, which DER would have to leave out. */
function serialNumber(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;

const newKeys = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** A certificate for these host names, of an authority of its own. */
export function issueCertificate(hosts: readonly string[], validity: Validity): KeyedCertificate {
  const [authorityKeys, serverKeys] = [newKeys(), newKeys()];
  // Authorities that are trusted side by side must be told apart by their names.
  const issuer = name(`flink-operator-webhook-ca-${randomBytes(6).toString("hex")}`);
  const authority = certificateOf(
    {
      issuer,
      subject: issuer,
      validity,
      publicKey: authorityKeys.publicKey,
      extensions: authorityExtensions,
    },
    authorityKeys.privateKey,
  );
  const certificate = certificateOf(
    {
      issuer,
      subject: name(hosts[0] ?? ""),
      validity,
      publicKey: serverKeys.publicKey,
      extensions: serverExtensions(hosts),
    },
    authorityKeys.privateKey,
  );
  return {
    authority,
    certificate,
    key: serverKeys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}
