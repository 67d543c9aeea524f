import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Clock } from "../../runtime/clock.ts";
import { watchFolders } from "../../runtime/folder.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { CertificateSource } from "../settings.ts";

export type MountedSource = Extract<CertificateSource, { kind: "folder" | "keystore" }>;

/** Reads the certificate as it lies there now. Throws with what is wrong with it. */
export function readMountedCertificate(source: MountedSource): SecureContextOptions {
  const [certificate, key] = ["tls.crt", "tls.key"].map((name) => join(source.folder, name));
  const beside = [certificate, key].every((path) => path !== undefined && existsSync(path));
  if (source.kind === "folder" || beside)
    return usable(`${certificate} and ${key}`, { cert: read(certificate), key: read(key) });
  const { file, password } = source;
  return usable(file, { pfx: read(file), ...(password === undefined ? {} : { passphrase: password }) });
}

function read(path = ""): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`cannot read the webhook's certificate: ${(error as Error).message}`);
  }
}

function usable(what: string, options: SecureContextOptions): SecureContextOptions {
  try {
    createSecureContext(options);
    return options;
  } catch (error) {
    throw new Error(`${what}: ${explain((error as Error).message)}`, { cause: error });
  }
}

function explain(message: string): string {
  if (/mac verify failure/i.test(message))
    return "WEBHOOK_KEYSTORE_PASSWORD is not the password of this keystore";
  if (/unsupported/i.test(message))
    return (
      "is encrypted as old keystores are, which is not supported any more: use cert-manager's profile Modern2023, " +
      "or mount tls.crt and tls.key of the same Secret beside it"
    );
  return message;
}

export interface FollowOptions {
  readonly source: MountedSource;
  readonly clock: Clock;
  readonly log: Logger;
  onCertificate(certificate: SecureContextOptions): void;
}

/** Some file systems tell nothing of changes. */
const lookEveryMs = 60_000;

/** Tells of each other certificate that is mounted; one that cannot be used is left alone, and the last one stays. */
export function followMountedCertificate({ source, clock, log, onCertificate }: FollowOptions): () => void {
  let present = fingerprint(readMountedCertificate(source));
  return watchFolders({
    folders: [source.folder],
    clock,
    everyMs: () => lookEveryMs,
    onChange() {
      try {
        const certificate = readMountedCertificate(source);
        if (fingerprint(certificate) === present) return;
        present = fingerprint(certificate);
        onCertificate(certificate);
        log.info({ folder: source.folder }, "The webhook's certificate was replaced");
      } catch (error) {
        log.error({ error }, "The webhook's certificate cannot be used; the last good one stays");
      }
    },
  });
}

const fingerprint = ({ cert, pfx }: SecureContextOptions): string =>
  String(cert ?? (pfx as Buffer).toString("base64"));
