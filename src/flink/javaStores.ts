/** Java's keystores and truststores. The readers are loaded on first use: most operators need none. */
import { X509Certificate } from "node:crypto";
import { damaged } from "./storeError.ts";

/** Whether these are the bytes of a JKS store. */
export const isJks = (bytes: Buffer): boolean => bytes.length >= 4 && bytes.readUInt32BE(0) === 0xfeedfeed;

/** The certificates of a store, in PEM. Rejects with a StoreError if it cannot be used. */
export async function certificatesOf(
  format: "JKS" | "PKCS12",
  bytes: Buffer,
  password: string | undefined,
): Promise<string[]> {
  if (format === "JKS") {
    const { readJks } = await import("./jks.ts");
    return readJks(bytes, password).flatMap(chainOf);
  }
  const { certificatesInPkcs12 } = await import("./pkcs12.ts");
  return (await certificatesInPkcs12(bytes, password)).map((der) =>
    pemOf(der, "a certificate cannot be read"),
  );
}

/**
 * Certificate and key of the first entry of a JKS keystore whose key has the same password, in PEM. Undefined: it has no
 * key. Rejects like `certificatesOf`, and if every key has another password.
 */
export async function identityInJks(
  bytes: Buffer,
  password: string | undefined,
): Promise<{ cert: string; key: string } | undefined> {
  const { readJks, recoverKey } = await import("./jks.ts");
  let refusal: unknown;
  for (const entry of readJks(bytes, password)) {
    if (entry.protectedKey === undefined) continue;
    try {
      const key = recoverKey(entry, password ?? "");
      return { cert: chainOf(entry).join(""), key };
    } catch (error) {
      refusal ??= error;
    }
  }
  if (refusal !== undefined) throw refusal;
  return undefined;
}

const chainOf = ({ alias, certificates }: { alias: string; certificates: readonly Buffer[] }): string[] =>
  certificates.map((der) => pemOf(der, `a certificate of entry "${alias}" cannot be read`));

function pemOf(der: Buffer, problem: string): string {
  try {
    return new X509Certificate(der).toString();
  } catch {
    throw damaged(problem);
  }
}
