import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SecureContextOptions } from "node:tls";
import { describe, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { systemClock } from "../../runtime/clock.ts";
import { createLogger } from "../../telemetry/log.ts";
import { issueCertificate, type KeyedCertificate } from "./issue.ts";
import { readMountedCertificate, watchMountedCertificate } from "./mounted.ts";

const issue = () =>
  issueCertificate(["webhook.svc"], { notBefore: Date.now() - 1_000, notAfter: Date.now() + 3_600_000 });
const newFolder = () => mkdtempSync(join(tmpdir(), "mounted-"));

function mount(folder: string, { certificate, key }: Pick<KeyedCertificate, "certificate" | "key">): void {
  writeFileSync(join(folder, "tls.crt"), certificate);
  writeFileSync(join(folder, "tls.key"), key);
}

it("reads PEM files, and names a missing or mismatching one", async () => {
  const folder = newFolder();
  const source = { kind: "folder", folder } as const;
  await expect(readMountedCertificate(source)).rejects.toThrow(
    /cannot read the webhook's certificate: .*tls.crt/,
  );
  const [one, other] = [await issue(), await issue()];
  mount(folder, one);
  expect(String((await readMountedCertificate(source)).cert)).toBe(one.certificate);
  mount(folder, { certificate: one.certificate, key: other.key });
  await expect(readMountedCertificate(source)).rejects.toThrow(/tls.key: .*key values mismatch/);
});

it("reports a new certificate once it is complete", async () => {
  const folder = newFolder();
  const [one, other] = [await issue(), await issue()];
  mount(folder, one);
  const source = { kind: "folder", folder } as const;
  const told: SecureContextOptions[] = [];
  const stop = watchMountedCertificate({
    source,
    present: await readMountedCertificate(source),
    clock: systemClock,
    log: createLogger({ level: "silent" }),
    onCertificate: (certificate) => told.push(certificate),
  });
  writeFileSync(join(folder, "tls.crt"), "nonsense");
  mount(folder, other);
  await eventually("the other certificate is told", () => told.length > 0);
  stop();
  expect(told.map(({ cert }) => String(cert))).toEqual([other.certificate]);
});

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const hasKeytool = spawnSync("keytool", ["-help"]).status === 0;

async function keystore(...more: string[]) {
  const folder = newFolder();
  mount(folder, await issue());
  const file = join(folder, "keystore.p12");
  const files = ["-in", "tls.crt", "-inkey", "tls.key", "-out", file];
  execFileSync("openssl", ["pkcs12", "-export", ...files, "-passout", "pass:secret", ...more], {
    cwd: folder,
  });
  return { kind: "keystore", file, folder: newFolder(), password: "secret" } as const;
}

describe.skipIf(!hasOpenssl)("a keystore of PKCS12", () => {
  it("is opened with its password", async () => {
    expect((await readMountedCertificate(await keystore())).passphrase).toBe("secret");
  });

  it("that cannot be opened says why, and never the password", async () => {
    const read = readMountedCertificate({ ...(await keystore()), password: "other-word" });
    await expect(read).rejects.toThrow(/p12: WEBHOOK_KEYSTORE_PASSWORD is not the password/);
    await expect(read).rejects.not.toThrow(/other-word/);
  });

  it("of old tools gives an error that says what to do", async () => {
    const read = readMountedCertificate(await keystore("-legacy"));
    await expect(read).rejects.toThrow(/Modern2023, or mount tls.crt and tls.key/);
  });

  it("is not needed if the PEM files are next to it", async () => {
    const source = await keystore("-legacy");
    mount(source.folder, await issue());
    expect((await readMountedCertificate(source)).cert).toBeDefined();
  });
});

describe.skipIf(!(hasOpenssl && hasKeytool))("a keystore of JKS", () => {
  const keytool = (...args: string[]) => execFileSync("keytool", args, { stdio: "pipe" });

  async function jks(keyPassword = "secret") {
    const { file, ...source } = await keystore();
    const made = file.replace(/p12$/, "jks");
    const stores = ["-srckeystore", file, "-destkeystore", made, "-deststoretype", "JKS"];
    const passwords = ["-srcstorepass", "secret", "-deststorepass", "secret", "-destkeypass", keyPassword];
    keytool("-importkeystore", "-noprompt", "-srcalias", "1", ...stores, ...passwords);
    return { ...source, file: made };
  }

  it("is opened with its password", async () => {
    const { cert, key } = await readMountedCertificate(await jks());
    expect([String(cert), String(key)]).toEqual([
      expect.stringContaining("BEGIN CERTIFICATE"),
      expect.stringContaining("PRIVATE KEY"),
    ]);
  });

  it("that cannot be opened says why, and never the password", async () => {
    const read = readMountedCertificate({ ...(await jks()), password: "other-word" });
    await expect(read).rejects.toThrow(/jks: WEBHOOK_KEYSTORE_PASSWORD is not the password/);
    await expect(read).rejects.not.toThrow(/other-word/);
  });

  it.each([undefined, "secret"])("whose key has another password gives an error (%s)", async (password) => {
    const read = readMountedCertificate({ ...(await jks("another")), password });
    await expect(read).rejects.toThrow(/jks: the key has another password than WEBHOOK_KEYSTORE_PASSWORD/);
  });

  it("without a key gives an error", async () => {
    const source = await jks();
    keytool("-delete", "-alias", "1", "-keystore", source.file, "-storepass", "secret");
    await expect(readMountedCertificate(source)).rejects.toThrow(
      /jks: there is no certificate with a key in this keystore$/,
    );
  });

  it("that is truncated gives an error", async () => {
    const source = await jks();
    writeFileSync(source.file, readFileSync(source.file).subarray(0, 100));
    await expect(readMountedCertificate(source)).rejects.toThrow(/keystore\.jks: /);
  });
});
