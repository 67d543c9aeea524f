/** What the API server notes of a request that was answered, as far as it is read here (audit.k8s.io/v1). */
interface AuditEvent {
  readonly requestReceivedTimestamp: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

/** One answered request. */
export interface ApiRequest {
  readonly user: string;
  /** When it was received, in milliseconds since the epoch. */
  readonly at: number;
  /** Verb and kind, as "apply services" or "update flinkdeployments/status (409)". */
  readonly what: string;
  readonly isWatch: boolean;
  /** The name of the object. Empty for a list. */
  readonly name: string;
}

/** Undefined for a line that is no request for an object. */
export function readAuditLine(line: string): ApiRequest | undefined {
  if (line === "") return undefined;
  const { requestReceivedTimestamp, verb, requestURI, user, objectRef, responseStatus } = JSON.parse(
    line,
  ) as AuditEvent;
  if (objectRef?.resource === undefined) return undefined;
  const { resource, subresource, name = "" } = objectRef;
  const kind = subresource === undefined ? resource : `${resource}/${subresource}`;
  const code = responseStatus?.code ?? 0;
  const failure = code >= 300 ? ` (${code})` : "";
  return {
    user: user.username,
    at: Date.parse(requestReceivedTimestamp),
    what: `${verbOf(verb, requestURI)} ${kind}${failure}`,
    isWatch: verb === "watch",
    name,
  };
}

/** A server-side apply is a PATCH that forces its fields, and a dry run says so. */
function verbOf(verb: string, uri: string): string {
  const query = new URL(uri, "http://server").searchParams;
  const word = verb === "patch" && query.has("force") ? "apply" : verb;
  return query.get("dryRun") === "All" ? `dry-run ${word}` : word;
}

/** Numbers by what was counted. */
export type Counts = Readonly<Record<string, number>>;

export const totalOf = (counts: Counts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** What was counted between two readings. */
export const difference = (later: Counts, earlier: Counts): Counts =>
  Object.fromEntries(
    Object.entries(later)
      .map(([what, count]) => [what, count - (earlier[what] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );
