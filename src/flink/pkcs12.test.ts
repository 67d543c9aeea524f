import { execFileSync, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Constructed, OctetString, Primitive } from "asn1js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { issueCertificate } from "../admission/certificates/issue.ts";
import { octets, parse, sequence, tagged, taggedOctets, type Value } from "./asn1.ts";
import { certificatesInPkcs12 } from "./pkcs12.ts";
import { StoreError } from "./storeError.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const hasKeytool = spawnSync("keytool", ["-help"]).status === 0;

const issue = () =>
  issueCertificate(["flink.svc"], { notBefore: Date.now() - 1_000, notAfter: Date.now() + 3_600_000 });
const [one, two] = [await issue(), await issue()];
const both = `${one.authority}${two.authority}`;

function openssl(pem: string, options: readonly string[], password = "word"): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "pkcs12-"));
  writeFileSync(join(folder, "in.pem"), pem);
  const args = ["pkcs12", "-export", "-in", "in.pem", "-out", "out.p12", "-passout", `pass:${password}`];
  execFileSync("openssl", [...args, ...options], { cwd: folder, stdio: "pipe" });
  return readFileSync(join(folder, "out.p12"));
}

const pemOf = (found: readonly Buffer[]): string =>
  found.map((der) => new X509Certificate(der).toString()).join("");

describe.skipIf(!hasOpenssl)("a PKCS12 store", () => {
  it.each<[string, string[]]>([
    ["today's defaults", []],
    ["AES-128, and a MAC by SHA-512", ["-certpbe", "AES-128-CBC", "-macalg", "sha512"]],
    ["AES-192, and a MAC by SHA-384", ["-certpbe", "AES-192-CBC", "-macalg", "sha384"]],
    ["Triple DES, as Java did before 2021", ["-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]],
    ["Triple DES by PBES2", ["-certpbe", "DES-EDE3-CBC"]],
    ["nothing", ["-certpbe", "NONE"]],
    ["nothing, and no MAC", ["-certpbe", "NONE", "-nomac"]],
    ["many iterations", ["-iter", "20000", "-certpbe", "PBE-SHA1-3DES"]],
  ])("gives its certificates, encrypted by %s", async (_, options) => {
    expect(pemOf(await certificatesInPkcs12(openssl(both, ["-nokeys", ...options]), "word"))).toBe(both);
  });

  it.each(["pässwörd €", "x".repeat(70), ""])("may have the password %j", async (password) => {
    for (const options of [[], ["-certpbe", "PBE-SHA1-3DES"]])
      expect(
        pemOf(await certificatesInPkcs12(openssl(both, ["-nokeys", ...options], password), password)),
      ).toBe(both);
  });

  it("may have a key too, which is not looked at", async () => {
    const bytes = openssl(`${one.key}${one.certificate}${two.authority}`, ["-certfile", "in.pem"]);
    const found = pemOf(await certificatesInPkcs12(bytes, "word"));
    expect(found).toContain(one.certificate);
    expect(found).toContain(two.authority);
  });

  it.each<[string, string[]]>([
    ["RC2", ["-legacy"]],
    ["RC4", ["-legacy", "-certpbe", "PBE-SHA1-RC4-128"]],
  ])("that is encrypted by %s is not supported", async (_, options) => {
    const found = certificatesInPkcs12(openssl(both, ["-nokeys", ...options]), "word");
    await expect(found).rejects.toMatchObject({ problem: "encryption" });
  });

  it("has another password, or none", async () => {
    const bytes = openssl(both, ["-nokeys"]);
    for (const password of ["other", undefined])
      await expect(certificatesInPkcs12(bytes, password)).rejects.toMatchObject({ problem: "password" });
  });

  it("may be in BER, its strings in pieces", async () => {
    const bytes = inPieces(openssl(both, ["-nokeys", "-nomac"]));
    expect(pemOf(await certificatesInPkcs12(bytes, "word"))).toBe(both);
  });

  it("that is cut off is damaged, wherever it ends", async () => {
    const bytes = openssl(one.authority, ["-nokeys", "-iter", "1"]);
    for (let length = 0; length < bytes.length; length += 1) {
      const found = certificatesInPkcs12(bytes.subarray(0, length), "word");
      await expect(found, `${length} bytes`).rejects.toMatchObject({ problem: "damaged" });
    }
  });

  it("with a wrong byte gives its certificates, or one error of ours", async () => {
    const bytes = openssl(one.authority, ["-nokeys", "-iter", "1"]);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const wrong = Buffer.from(bytes);
        wrong.writeUInt8(wrong.readUInt8(at) ^ change, at);
        const found = await certificatesInPkcs12(wrong, "word").catch((error: unknown) => error);
        if (found instanceof StoreError) return;
        expect(pemOf(found as Buffer[])).toBe(one.authority);
      }),
      { numRuns: 500 },
    );
  });
});

it.skipIf(!hasKeytool)("a truststore of today's keytool gives its certificates", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pkcs12-"));
  writeFileSync(join(folder, "ca.pem"), one.authority);
  const store = ["-keystore", "t.p12", "-storetype", "PKCS12", "-storepass", "secret"];
  execFileSync("keytool", ["-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", ...store], {
    cwd: folder,
    stdio: "pipe",
  });
  const bytes = readFileSync(join(folder, "t.p12"));
  expect(pemOf(await certificatesInPkcs12(bytes, "secret"))).toBe(one.authority);
});

/** The same store as other programs write it: with lengths that are not known beforehand, and octet strings in two pieces. */
function inPieces(der: Buffer): Buffer {
  const [version, safe] = sequence(parse(der));
  const [type, content] = sequence(safe);
  const contents = berOf(parse(octets(tagged(content))));
  return open(0x30, berOf(version), open(0x30, berOf(type), open(0xa0, open(0x24, ...halves(contents)))));
}

function berOf(value: Value): Buffer {
  if (value instanceof OctetString) return open(0x24, ...halves(octets(value)));
  if (value instanceof Primitive) return open(0xa0, ...halves(taggedOctets(value)));
  const der = Buffer.from(value?.toBER() ?? new ArrayBuffer(0));
  return value instanceof Constructed ? open(der.readUInt8(0), ...value.valueBlock.value.map(berOf)) : der;
}

/** Until the two zeros at its end. */
const open = (tag: number, ...content: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([tag, 0x80]), ...content, Buffer.from([0, 0])]);

const halves = (bytes: Buffer): Buffer[] =>
  [bytes.subarray(0, 5), bytes.subarray(5)].map((half) =>
    Buffer.from(new OctetString({ valueHex: new Uint8Array(half).buffer }).toBER()),
  );
