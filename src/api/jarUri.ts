import { redactSecrets } from "./redact.ts";
import { restrictedHostReason } from "./restrictedAddress.ts";

/** A parsed jarURI. */
export interface JarUri {
  /** In lower case, without the colon. */
  readonly scheme: string;
  /** Without the fragment. */
  readonly url: URL;
  /** From a fragment `#sha256=…`, in lower case. */
  readonly sha256: string | undefined;
  /** The URI for messages: without user, password and query, which may be secret. */
  readonly label: string;
}

/** The schemes and hosts from which the operator fetches jars. */
export interface JarPolicy {
  /** In lower case. */
  readonly schemes: readonly string[];
  readonly restrictedHosts: "refuse" | "allow";
  /** The keys of the options, for messages. */
  readonly options: { readonly schemes: string; readonly restrictedHosts: string; readonly headers: string };
}

/** The schemes that the operator supports. */
export const fetchedSchemes = ["https", "http", "s3", "s3a", "s3p", "local", "file"] as const;

/** A jarURI as it is written, without what may be secret: its user and password, and its query. */
export const shownJarUri = (text: string): string => redactSecrets(text.replace(/\?[^#]*/, "?…"));

/** Parses a jarURI. `wrong`: the error, and what would be right. */
export function readJarUri(text: string): JarUri | { readonly wrong: string } {
  const shown = shownJarUri(text);
  if (/\s/.test(text)) return { wrong: `"${shown}" is no URI: write blanks as %20` };
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) {
    return { wrong: `"${shown}" has no scheme: write it as https://host/job.jar` };
  }
  const url = URL.parse(text);
  if (url === null) return { wrong: `"${shown}" is no URI: write it as https://host/job.jar` };
  if (!isDecodable(text)) return { wrong: `"${shown}" has a % that begins no escape: write it as %25` };
  const fragment = url.hash.slice(1);
  url.hash = "";
  const checksum = /^sha256=([0-9a-f]{64})$/i.exec(fragment)?.[1];
  if (fragment !== "" && checksum === undefined) {
    return { wrong: `"#${fragment}" is no checksum: write it as #sha256= and 64 hexadecimal digits` };
  }
  return {
    scheme: url.protocol.slice(0, -1),
    url,
    sha256: checksum?.toLowerCase(),
    label: formatUrl(url),
  };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** A URL without its possibly secret parts. */
export const formatUrl = ({ protocol, host, pathname, search }: URL): string =>
  `${protocol}//${host}${pathname}${search === "" ? "" : "?…"}`;

/** Why the operator does not fetch this jar, and what it would fetch. Undefined: it fetches it. */
export function jarRefusalReason({ scheme, url }: JarUri, policy: JarPolicy): string | undefined {
  const known = policy.schemes.filter((each) => fetchedSchemes.some((fetched) => fetched === each));
  if (!policy.schemes.includes(scheme)) {
    return `${scheme} is not among the allowed schemes (${known.join(", ")}): use one of them, or allow it with the operator's option ${policy.options.schemes}`;
  }
  if (!known.includes(scheme)) {
    return `the operator cannot fetch by ${scheme}: use one of ${fetchedSchemes.join(", ")}`;
  }
  return isHttp(scheme)
    ? hostRefusalReason(url.hostname, policy, restrictedHostReason(url.hostname))
    : undefined;
}

/** The message for a host of a restricted kind. Undefined: the host is allowed. */
export function hostRefusalReason(
  host: string,
  { restrictedHosts, options }: JarPolicy,
  kind: string | undefined,
): string | undefined {
  return kind === undefined || restrictedHosts === "allow"
    ? undefined
    : `the host ${host} is ${kind}: use a public one, or allow others with the operator's option ${options.restrictedHosts}`;
}

export const isHttp = (scheme: string): boolean => scheme === "https" || scheme === "http";

export const isS3 = (scheme: string): boolean => ["s3", "s3a", "s3p"].includes(scheme);

export const isLocal = (scheme: string): boolean => scheme === "local" || scheme === "file";
