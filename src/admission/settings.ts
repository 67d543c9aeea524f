import { dirname } from "node:path";

/** The source of the server's certificate. */
export type CertificateSource =
  /** Plain HTTP, behind a proxy that terminates TLS. */
  | { readonly kind: "none" }
  /** PEM files tls.crt and tls.key: a mounted Secret, for example of cert-manager. */
  | { readonly kind: "folder"; readonly folder: string }
  /** A PKCS12 or JKS file. tls.crt and tls.key in the same folder, as in Secrets of cert-manager, take precedence. */
  | {
      readonly kind: "keystore";
      readonly folder: string;
      readonly file: string;
      readonly password: string | undefined;
    }
  /** Issued and renewed by the server itself, in this Secret. */
  | {
      readonly kind: "own";
      readonly secretName: string;
      readonly serviceName: string;
      readonly configurationName: string;
    };

export interface AdmissionSettings {
  readonly port: number;
  readonly namespace: string;
  readonly certificate: CertificateSource;
}

/**
 * Reads the webhook's environment variables. As in the Java operator: WEBHOOK_SERVER_PORT, WEBHOOK_KEYSTORE_FILE,
 * WEBHOOK_KEYSTORE_TYPE and WEBHOOK_KEYSTORE_PASSWORD. Our own: WEBHOOK_CERTIFICATE_DIR for PEM files, or
 * WEBHOOK_CERTIFICATES=self-managed with WEBHOOK_CERTIFICATE_SECRET, WEBHOOK_SERVICE_NAME and WEBHOOK_CONFIGURATION.
 * Throws an error that names the wrong variable.
 */
export function admissionSettings(env: NodeJS.ProcessEnv, defaultNamespace: string): AdmissionSettings {
  const namespace = env.OPERATOR_NAMESPACE || defaultNamespace;
  return {
    port: portOf(env.WEBHOOK_SERVER_PORT || "9443"),
    namespace,
    certificate: sourceOf(env, namespace),
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`WEBHOOK_SERVER_PORT must be a port from 0 to 65535, not "${text}"`);
}

function sourceOf(env: NodeJS.ProcessEnv, namespace: string): CertificateSource {
  const { WEBHOOK_KEYSTORE_FILE: file, WEBHOOK_CERTIFICATE_DIR: folder } = env;
  const ownSecret = env.WEBHOOK_CERTIFICATES === "self-managed";
  const configured = [
    ...(file ? ["WEBHOOK_KEYSTORE_FILE"] : []),
    ...(folder ? ["WEBHOOK_CERTIFICATE_DIR"] : []),
    ...(ownSecret ? ["WEBHOOK_CERTIFICATES=self-managed"] : []),
  ];
  if (configured.length > 1)
    throw new Error(`${configured.join(" and ")} are set: only one may say where the certificate is`);
  if (file) return keystoreOf(file, env);
  if (folder) return { kind: "folder", folder };
  if (!ownSecret) return { kind: "none" };
  return {
    kind: "own",
    secretName: env.WEBHOOK_CERTIFICATE_SECRET || "webhook-server-cert",
    serviceName: env.WEBHOOK_SERVICE_NAME || "flink-operator-webhook-service",
    configurationName: env.WEBHOOK_CONFIGURATION || `flink-operator-${namespace}-webhook-configuration`,
  };
}

function keystoreOf(file: string, env: NodeJS.ProcessEnv): CertificateSource {
  const type = env.WEBHOOK_KEYSTORE_TYPE || "pkcs12";
  // The format is detected from the file: Java accepts either format under both types.
  if (["pkcs12", "jks"].includes(type.toLowerCase()))
    return { kind: "keystore", folder: dirname(file), file, password: env.WEBHOOK_KEYSTORE_PASSWORD };
  throw new Error(
    `WEBHOOK_KEYSTORE_TYPE must be pkcs12 or jks, not "${type}"; PEM files are taken with WEBHOOK_CERTIFICATE_DIR`,
  );
}
