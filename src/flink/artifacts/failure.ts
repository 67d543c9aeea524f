import { ArtifactError } from "./api.ts";

const certificateTroubles = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_(GET|VERIFY)|SELF_SIGNED_|DEPTH_ZERO_)/;

/** What went wrong between here and a source, in words for whoever wrote the URI. */
export function asArtifactError(error: unknown, said: string): ArtifactError {
  const of = (code: ArtifactError["code"], what: string) =>
    new ArtifactError(code, `${said} ${what}`, { cause: error });
  const known = knownIn(error);
  if (known !== undefined)
    return known.message.startsWith(said) ? known : of(known.code, `is refused: ${known.message}`);
  const { code = "", name, message } = error as { code?: string; name?: string; message?: string };
  if (certificateTroubles.test(code)) {
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

/** undici hands on what a lookup failed with, sometimes as a cause. */
function knownIn(error: unknown): ArtifactError | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if (each instanceof ArtifactError) return each;
  }
  return undefined;
}

const passing = new Set([408, 425, 429]);

/** A source that does not give the jar, by the status of its answer. */
export function refusal(
  status: number,
  said: string,
  ways: { readonly toAuthenticate: string },
): ArtifactError {
  const of = (code: ArtifactError["code"], what: string) => new ArtifactError(code, `${said} ${what}`);
  if (status === 404 || status === 410)
    return of("not-found", `is not there (HTTP ${status}): check its path`);
  if (status === 401 || status === 403)
    return of("denied", `is denied (HTTP ${status}): ${ways.toAuthenticate}`);
  if (passing.has(status) || status >= 500) return of("unavailable", `is not available (HTTP ${status})`);
  return of("refused", `is refused (HTTP ${status})`);
}
