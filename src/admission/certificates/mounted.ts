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

/** Reads the certificate as it lies there now. Rejects with what is wrong with it. */
export async function readMountedCertificate(source: MountedSource): Promise<SecureContextOptions> {
  const [certificate, key] = ["tls.crt", "tls.key"].map((name) => join(source.folder, name));
  const beside = [certificate, key].every((path) => path !== undefined && existsSync(path));
  if (source.kind === "folder" || beside)
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

export interface FollowOptions {
  readonly source: MountedSource;
  /** What was read of it before. */
  readonly present: SecureContextOptions;
  readonly clock: Clock;
  readonly log: Logger;
  onCertificate(certificate: SecureContextOptions): void;
}

/** Some file systems tell nothing of changes. */
const lookEveryMs = 60_000;

/** Tells of each other certificate that is mounted; one that cannot be used is left alone, and the last one stays. */
export function followMountedCertificate(options: FollowOptions): () => void {
  const { source, clock, log, onCertificate } = options;
  let present = fingerprint(options.present);

  async function look(): Promise<void> {
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
    pollIntervalMs: () => lookEveryMs,
    onChange: () => void look(),
  });
}

const fingerprint = ({ cert, pfx }: SecureContextOptions): string =>
  String(cert ?? (pfx as Buffer).toString("base64"));
