import { execFileSync, spawnSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { issueCertificate } from "../admission/certificates/issue.ts";
import { certificatesOf, identityInJks } from "./javaStores.ts";
import { tlsOptions } from "./tls.ts";

const newFolder = () => mkdtempSync(join(tmpdir(), "java-stores-"));
const certificate = async () =>
  (await issueCertificate(["flink.svc"], { notBefore: Date.now() - 1_000, notAfter: Date.now() + 3_600_000 }))
    .authority;

const int = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
const text = (value: string) => Buffer.concat([int(value.length).subarray(2), Buffer.from(value)]);

const entry = (alias: string, der: Buffer, { tag = 2, length = der.length } = {}) =>
  Buffer.concat([int(tag), text(alias), Buffer.alloc(8), text("X.509"), int(length), der]);

const content = (...entries: readonly Buffer[]) =>
  Buffer.concat([int(0xfeedfeed), int(2), int(entries.length), ...entries]);

/** With the digest that tells that nobody has changed it since. */
function sealed(body: Buffer, password: string): Buffer {
  const salted = [Buffer.from(password, "utf16le").swap16(), Buffer.from("Mighty Aphrodite"), body];
  return Buffer.concat([body, createHash("sha1").update(Buffer.concat(salted)).digest()]);
}

const [one, two] = [await certificate(), await certificate()].map((pem) => new X509Certificate(pem).raw) as [
  Buffer,
  Buffer,
];
const whole = content(entry("one", one), entry("two", two));

function trusting(bytes: Buffer, password?: string) {
  const path = join(newFolder(), "truststore.jks");
  writeFileSync(path, bytes);
  return tlsOptions({ truststore: { option: "security.ssl.rest.truststore", path, password } });
}

describe("a JKS truststore whose second entry is damaged", () => {
  const unreadable = "its entries cannot be read";
  it.each<[string, Buffer, string]>([
    [
      "ends in it",
      whole.subarray(0, whole.length - two.length),
      'a certificate of entry "two" cannot be read',
    ],
    ["ends in its alias", whole.subarray(0, 12 + entry("one", one).length + 7), unreadable],
    ["has no such kind of entry", content(entry("one", one), entry("two", two, { tag: 9 })), unreadable],
    [
      "says that its certificate is longer than the store",
      content(entry("one", one), entry("two", two, { length: 0x7fffffff }), entry("three", one)),
      'a certificate of entry "two" cannot be read',
    ],
    [
      "holds something else in the place of its certificate",
      content(entry("one", one), entry("two", Buffer.from("no certificate"))),
      'a certificate of entry "two" cannot be read',
    ],
  ])("%s: one error names the option and says so", async (_, bytes, what) => {
    const expected = new RegExp(
      `^security.ssl.rest.truststore: .*truststore.jks cannot be used: it is damaged: ${what}$`,
    );
    await expect(trusting(bytes)).rejects.toThrow(expected);
  });

  it("and whose digest is right says so too: it was written like that", async () => {
    const bytes = sealed(content(entry("one", one), entry("two", Buffer.from("no"))), "hidden-word");
    const asked = trusting(bytes, "hidden-word");
    await expect(asked).rejects.toThrow(/it is damaged: a certificate of entry "two" cannot be read$/);
    await expect(asked).rejects.not.toThrow(/hidden-word/);
  });

  it("and whose digest is of what it was may have another password, for all that can be told", async () => {
    const bytes = sealed(whole, "word");
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40);
    await expect(trusting(bytes, "word")).rejects.toThrow(/its password is another one, or it is damaged$/);
  });
});

it("of any JKS store that is cut off there is one error in our words, or what came before", async () => {
  for (let length = 4; length < whole.length; length++) {
    const found = certificatesOf("JKS", whole.subarray(0, length), undefined);
    await expect(found, `${length} bytes`).rejects.toThrow(/^it is damaged: /);
  }
  expect(await certificatesOf("JKS", whole, undefined)).toHaveLength(2);
});

describe.skipIf(spawnSync("keytool", ["-help"]).status !== 0)("a JKS keystore with several keys", () => {
  /** As keytool makes it; in which order the entries lie in it is Java's own affair. */
  function keystoreOf(passwords: Readonly<Record<string, string>>): Buffer {
    const folder = newFolder();
    for (const [alias, password] of Object.entries(passwords)) {
      const named = ["-alias", alias, "-dname", `CN=${alias}`, "-keyalg", "EC", "-groupname", "secp256r1"];
      const store = ["-keystore", "k.jks", "-storetype", "JKS", "-storepass", "secret", "-keypass", password];
      execFileSync("keytool", ["-genkeypair", ...named, ...store], { cwd: folder, stdio: "pipe" });
    }
    return readFileSync(join(folder, "k.jks"));
  }
  const subjectOf = async (bytes: Buffer) => {
    const found = await identityInJks(bytes, "secret");
    return new X509Certificate(found?.cert ?? "").subject;
  };

  it("is used with the one that has the store's password, wherever that is", async () => {
    expect(await subjectOf(keystoreOf({ a: "secret", b: "another" }))).toBe("CN=a");
    expect(await subjectOf(keystoreOf({ a: "another", b: "secret" }))).toBe("CN=b");
  });

  it("none of which has it says so", async () => {
    const path = join(newFolder(), "keystore.jks");
    writeFileSync(path, keystoreOf({ a: "another" }));
    const truststore = join(newFolder(), "ca.pem");
    writeFileSync(truststore, await certificate());
    const asked = tlsOptions({
      truststore: { option: "security.ssl.rest.truststore", path: truststore, password: undefined },
      keystore: { option: "security.ssl.rest.keystore", path, password: "secret" },
    });
    await expect(asked).rejects.toThrow(
      /^security.ssl.rest.keystore: .*keystore.jks cannot be used: its key has another password, which has to be the store's$/,
    );
  });

  it("that is trusted by gives the certificates of its keys too, whatever their passwords", async () => {
    expect(await certificatesOf("JKS", keystoreOf({ a: "another", b: "secret" }), "secret")).toHaveLength(2);
  });

  it("the first of which is damaged says so where there is no other", async () => {
    const bytes = keystoreOf({ a: "secret" });
    // The encrypted key begins after magic, version, count, tag, alias, time and its length.
    bytes.fill(0xff, 12 + 4 + 3 + 8 + 4, 12 + 4 + 3 + 8 + 4 + 20);
    await expect(identityInJks(bytes, undefined)).rejects.toThrow(
      /^it is damaged: the key of entry "a" cannot be read$/,
    );
  });
});
