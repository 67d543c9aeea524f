import { ArtifactError } from "./api.ts";

const certificateErrorCodes = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_(GET|VERIFY)|SELF_SIGNED_|DEPTH_ZERO_)/;

/** A failed connection as an ArtifactError, with a message for the author of the URI. */
export function asArtifactError(error: unknown, label: string): ArtifactError {
  const of = (code: ArtifactError["code"], what: string) =>
    new ArtifactError(code, `${label} ${what}`, { cause: error });
  const known = findArtifactError(error);
  if (known !== undefined)
    return known.message.startsWith(label) ? known : of(known.code, `is refused: ${known.message}`);
  const { code = "", name, message } = error as { code?: string; name?: string; message?: string };
  if (certificateErrorCodes.test(code)) {
    return of(
      "bad-certificate",
      `has a certificate that the operator does not trust (${code}): add its authority's with NODE_EXTRA_CA_CERTS`,
    );
  }
  if (name === "TimeoutError") return of("deadline", "did not come in time");
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return of("unavailable", `cannot be reached: its host's name cannot be resolved (${code})`);
  return of("unavailable", `cannot be reached: ${message || code || String(error)}`);
}

/** undici wraps the error of a lookup, sometimes as a cause. */
function findArtifactError(error: unknown): ArtifactError | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if (each instanceof ArtifactError) return each;
  }
  return undefined;
}

const transientStatuses = new Set([408, 425, 429]);

/** The error for a source that refuses the jar, by its HTTP status. */
export function errorOfStatus(
  status: number,
  label: string,
  hints: { readonly toAuthenticate: string },
): ArtifactError {
  const of = (code: ArtifactError["code"], what: string) => new ArtifactError(code, `${label} ${what}`);
  if (status === 404 || status === 410)
    return of("not-found", `is not there (HTTP ${status}): check its path`);
  if (status === 401 || status === 403)
    return of("denied", `is denied (HTTP ${status}): ${hints.toAuthenticate}`);
  if (transientStatuses.has(status) || status >= 500)
    return of("unavailable", `is not available (HTTP ${status})`);
  return of("refused", `is refused (HTTP ${status})`);
}
