import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { RestStore, RestTls } from "../api/flinkFacts.ts";
import { certificatesOf, identityInJks, isJks } from "./javaStores.ts";
import { storeProblem } from "./storeError.ts";

/** The operator's own stores, which take precedence over those of a job's configuration (REFERENCE 1.14). */
export interface OwnStores {
  readonly truststorePath?: string | undefined;
  readonly keystorePath?: string | undefined;
  /** The password of both stores. */
  readonly password?: string | undefined;
}

/** As the environment of a process names them. */
export const ownStores = (env: Readonly<Record<string, string | undefined>>): OwnStores => ({
  truststorePath: env.OPERATOR_TRUSTSTORE_PATH,
  keystorePath: env.OPERATOR_KEYSTORE_PATH,
  password: env.OPERATOR_KEYSTORE_PASSWORD,
});

/**
 * The TLS options of requests to a JobManager. Rejects with an Error that names the option if a store cannot be used. Like
 * Flink's own client, the host name in the certificate is not verified: the JobManager is called by its pod address.
 */
export async function tlsOptions(tls: RestTls, own: OwnStores = {}): Promise<SecureContextOptions> {
  const truststore = overridden(tls.truststore, own.truststorePath, "OPERATOR_TRUSTSTORE_PATH", own);
  const keystore = tls.keystore && overridden(tls.keystore, own.keystorePath, "OPERATOR_KEYSTORE_PATH", own);
  return { ca: await trusted(truststore), ...(keystore && (await identity(keystore))) };
}

/** When the store files last changed. */
export function storesChangedAt(tls: RestTls, own: OwnStores = {}): number {
  const paths = [
    own.truststorePath ?? tls.truststore.path,
    tls.keystore && (own.keystorePath ?? tls.keystore.path),
  ];
  return Math.max(
    0,
    ...paths.map((path) => (path ? (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) : 0)),
  );
}

function overridden(store: RestStore, path: string | undefined, variable: string, own: OwnStores): RestStore {
  return path ? { option: variable, path, password: own.password } : store;
}

type Format = "PEM" | "JKS" | "PKCS12";

function formatOf(bytes: Buffer): Format {
  if (bytes.includes("-----BEGIN ")) return "PEM";
  return isJks(bytes) ? "JKS" : "PKCS12";
}

function read({ option, path }: RestStore): Buffer {
  if (!path)
    throw new Error(
      `${option}: must be set, since the REST API speaks TLS: a file in the operator's container`,
    );
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${option}: cannot be read in the operator's container: ${(error as Error).message}`);
  }
}

/** A PEM file of the same Secret: cert-manager writes PEM files next to the Java stores. */
function siblingFile({ path = "" }: RestStore, name: string): Buffer | undefined {
  try {
    return readFileSync(join(dirname(path), name));
  } catch {
    return undefined;
  }
}

async function trusted(store: RestStore): Promise<Buffer | string[]> {
  const bytes = read(store);
  const format = formatOf(bytes);
  const pem = format === "PEM" ? bytes : siblingFile(store, "ca.crt");
  if (format !== "PEM" && pem === undefined) {
    const found = await certificatesOf(format, bytes, store.password).catch((error: Error) => {
      throw unusable(store, error);
    });
    if (found.length === 0) throw new Error(`${store.option}: there is no certificate in ${store.path}`);
    return found;
  }
  return checkedPem(store, pem ?? bytes);
}

function checkedPem(store: RestStore, pem: Buffer): Buffer {
  const certificates = pem
    .toString("latin1")
    .match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (certificates === null) throw new Error(`${store.option}: there is no certificate in ${store.path}`);
  // A TLS context skips certificates that it cannot read, and then trusts nothing.
  for (const certificate of certificates) checked(store, () => new X509Certificate(certificate));
  return pem;
}

async function identity(store: RestStore): Promise<SecureContextOptions> {
  const bytes = read(store);
  const format = formatOf(bytes);
  const [cert, key] =
    format === "PEM" ? [bytes, bytes] : [siblingFile(store, "tls.crt"), siblingFile(store, "tls.key")];
  if (cert !== undefined && key !== undefined) return usable(store, { cert, key });
  if (format === "JKS") {
    const found = await identityInJks(bytes, store.password).catch((error: Error) => {
      throw unusable(store, error);
    });
    if (found === undefined)
      throw new Error(`${store.option}: there is no certificate with a key in ${store.path}`);
    return usable(store, found);
  }
  return usable(store, {
    pfx: bytes,
    ...(store.password === undefined ? {} : { passphrase: store.password }),
  });
}

function usable(store: RestStore, options: SecureContextOptions): SecureContextOptions {
  checked(store, () => createSecureContext(options));
  return options;
}

function checked(store: RestStore, make: () => unknown): void {
  try {
    make();
  } catch (error) {
    throw unusable(store, error as Error);
  }
}

const unusable = ({ option, path }: RestStore, error: Error): Error =>
  new Error(`${option}: ${path} cannot be used: ${describeProblem(error)}`);

function describeProblem(error: Error): string {
  switch (storeProblem(error)) {
    case "password":
      return "its password is another one, or it is damaged";
    case "key password":
      return "its key has another password, which has to be the store's";
    case "encryption":
      return (
        "it is encrypted as old versions of Java did, which is not supported any more: write it anew with the keytool of " +
        "Java 17 (keytool -importkeystore), or mount the PEM files of the same Secret beside it"
      );
    case "damaged":
    case undefined:
      return error.message;
  }
}
