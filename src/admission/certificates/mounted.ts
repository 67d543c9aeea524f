import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { identityInJks, isJks } from "../../flink/javaStores.ts";
import { storeProblem } from "../../flink/storeError.ts";
import type { Clock } from "../../runtime/clock.ts";
import { watchFolders } from "../../runtime/folder.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { CertificateSource } from "../settings.ts";

export type MountedSource = Extract<CertificateSource, { kind: "folder" | "keystore" }>;

/** Reads the mounted certificate. Rejects with an error that names the problem. */
export async function readMountedCertificate(source: MountedSource): Promise<SecureContextOptions> {
  const [certificate, key] = ["tls.crt", "tls.key"].map((name) => join(source.folder, name));
  const hasPemFiles = [certificate, key].every((path) => path !== undefined && existsSync(path));
  if (source.kind === "folder" || hasPemFiles)
    return usable(`${certificate} and ${key}`, { cert: read(certificate), key: read(key) });
  const { file, password } = source;
  const bytes = read(file);
  if (isJks(bytes)) return usable(file, await inJks(file, bytes, password));
  return usable(file, { pfx: bytes, ...(password === undefined ? {} : { passphrase: password }) });
}

async function inJks(file: string, bytes: Buffer, password?: string): Promise<SecureContextOptions> {
  const found = await identityInJks(bytes, password).catch((error: Error) => {
    throw unusable(file, error);
  });
  if (found === undefined) throw new Error(`${file}: there is no certificate with a key in this keystore`);
  return found;
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
    throw unusable(what, error as Error);
  }
}

const unusable = (what: string, error: Error): Error =>
  new Error(`${what}: ${explain(error)}`, { cause: error });

function explain(error: Error): string {
  switch (storeProblem(error)) {
    case "password":
      return "WEBHOOK_KEYSTORE_PASSWORD is not the password of this keystore";
    case "key password":
      return "the key has another password than WEBHOOK_KEYSTORE_PASSWORD, which has to be that of keystore and key";
    case "encryption":
      return (
        "is encrypted as old keystores are, which is not supported any more: use cert-manager's profile Modern2023, " +
        "or mount tls.crt and tls.key of the same Secret beside it"
      );
    case "damaged":
    case undefined:
      return error.message;
  }
}

export interface WatchMountedCertificateOptions {
  readonly source: MountedSource;
  /** The certificate that was read before. */
  readonly present: SecureContextOptions;
  readonly clock: Clock;
  readonly log: Logger;
  onCertificate(certificate: SecureContextOptions): void;
}

/** Some file systems deliver no watch events. */
const pollIntervalMs = 60_000;

/** Reports each new mounted certificate. An unusable one is ignored, and the last good one stays in use. */
export function watchMountedCertificate(options: WatchMountedCertificateOptions): () => void {
  const { source, clock, log, onCertificate } = options;
  let present = fingerprint(options.present);

  async function reload(): Promise<void> {
    try {
      const certificate = await readMountedCertificate(source);
      if (fingerprint(certificate) === present) return;
      present = fingerprint(certificate);
      onCertificate(certificate);
      log.info({ folder: source.folder }, "The webhook's certificate was replaced");
    } catch (error) {
      log.error({ error }, "The webhook's certificate cannot be used; the last good one stays");
    }
  }

  return watchFolders({
    folders: [source.folder],
    clock,
    pollIntervalMs: () => pollIntervalMs,
    onChange: () => void reload(),
  });
}

const fingerprint = ({ cert, pfx }: SecureContextOptions): string =>
  String(cert ?? (pfx as Buffer).toString("base64"));
