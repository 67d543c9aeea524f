import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SecureContextOptions } from "node:tls";
import { describe, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { systemClock } from "../../runtime/clock.ts";
import { createLogger } from "../../telemetry/log.ts";
import { issueCertificate, type KeyedCertificate } from "./issue.ts";
import { followMountedCertificate, readMountedCertificate } from "./mounted.ts";

const issue = () =>
  issueCertificate(["webhook.svc"], { notBefore: Date.now() - 1_000, notAfter: Date.now() + 3_600_000 });
const newFolder = () => mkdtempSync(join(tmpdir(), "mounted-"));

function mount(folder: string, { certificate, key }: Pick<KeyedCertificate, "certificate" | "key">): void {
  writeFileSync(join(folder, "tls.crt"), certificate);
  writeFileSync(join(folder, "tls.key"), key);
}

it("reads PEM files, and says which is missing or does not fit", () => {
  const folder = newFolder();
  const source = { kind: "folder", folder } as const;
  expect(() => readMountedCertificate(source)).toThrow(/cannot read the webhook's certificate: .*tls.crt/);
  const [one, other] = [issue(), issue()];
  mount(folder, one);
  expect(String(readMountedCertificate(source).cert)).toBe(one.certificate);
  mount(folder, { certificate: one.certificate, key: other.key });
  expect(() => readMountedCertificate(source)).toThrow(/tls.key: .*key values mismatch/);
});

it("tells of another certificate once it is whole", async () => {
  const folder = newFolder();
  const [one, other] = [issue(), issue()];
  mount(folder, one);
  const told: SecureContextOptions[] = [];
  const stop = followMountedCertificate({
    source: { kind: "folder", folder },
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

describe.skipIf(!hasOpenssl)("a keystore of PKCS12", () => {
  function keystore(...more: string[]) {
    const folder = newFolder();
    mount(folder, issue());
    const file = join(folder, "keystore.p12");
    const files = ["-in", "tls.crt", "-inkey", "tls.key", "-out", file];
    execFileSync("openssl", ["pkcs12", "-export", ...files, "-passout", "pass:secret", ...more], {
      cwd: folder,
    });
    return { kind: "keystore", file, folder: newFolder(), password: "secret" } as const;
  }

  it("is opened with its password", () => {
    expect(readMountedCertificate(keystore()).passphrase).toBe("secret");
  });

  it("that cannot be opened says why, and never the password", () => {
    const source = { ...keystore(), password: "other-word" };
    expect(() => readMountedCertificate(source)).toThrow(
      /p12: WEBHOOK_KEYSTORE_PASSWORD is not the password/,
    );
    expect(() => readMountedCertificate(source)).not.toThrow(/other-word/);
  });

  it("as old tools make it says what to do instead", () => {
    const source = keystore("-legacy");
    expect(() => readMountedCertificate(source)).toThrow(/Modern2023, or mount tls.crt and tls.key/);
  });

  it("is not needed where the PEM files lie beside it", () => {
    const source = keystore("-legacy");
    mount(source.folder, issue());
    expect(readMountedCertificate(source).cert).toBeDefined();
  });
});
