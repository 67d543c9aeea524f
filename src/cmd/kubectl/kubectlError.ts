import { redactSecrets } from "../../api/redact.ts";
import { CommandError } from "./commandError.ts";

/** A failure of kubectl, in one line and without secrets. */
export class KubectlError extends CommandError {
  /** That of the API server ("Forbidden", "NotFound"). Undefined: it gave none, or did not answer. */
  readonly reason: string | undefined;
  readonly meaning: FailureMeaning;

  constructor(message: string, { reason, meaning }: Pick<KubectlError, "meaning"> & { reason?: string }) {
    super(message);
    this.name = "KubectlError";
    this.reason = reason;
    this.meaning = meaning;
  }
}

/** "no right": the caller may not do this. "refused": the API server, or admission, does not take the object. */
export type FailureMeaning = "no right" | "refused" | "failed";

interface Symptom {
  readonly pattern: RegExp;
  readonly advice: string;
}

/** What kubectl says where no API server has answered, and what to do about it. The first that matches. */
const symptoms: readonly Symptom[] = [
  {
    pattern:
      /You must be logged in|Unauthorized|provide credentials|token (has|is) expired|getting credentials/i,
    advice:
      "the cluster does not accept the credentials of this context, which may have expired: log in again",
  },
  {
    pattern: /context ".*" does not exist|context was not found/i,
    advice: "there is no such context: kubectl config get-contexts lists them",
  },
  {
    pattern: /no configuration has been provided|localhost:8080|current-context (is not set|must exist)/i,
    advice: "no cluster is configured: set KUBECONFIG, or give --kubeconfig or --context",
  },
  {
    pattern:
      /connection refused|Unable to connect|no such host|i\/o timeout|deadline exceeded|Client\.Timeout|TLS handshake|was refused/i,
    advice: "no cluster answers: check the context (kubectl config current-context) and the network",
  },
];

/** The first line of an error. Before it are warnings and words of the client, and after it may be more lines. */
const beginning = /^(Error from server|error:|The (\S+ ".*"|request) is invalid:)/i;

/**
 * What `kubectl apply` puts before the words of the API server: the file, and for an update the whole patch, which may hold
 * secrets. The patch is one line of JSON, so the first line that begins with "for:" ends it.
 */
const echo =
  /^error when (?:(?:applying patch|retrieving current configuration of):\n[\s\S]*?^(?:from server )?for: "[^"\n]*": (?:error when \w+ "[^"\n]*": )?|\w+ "[^"\n]*": )/m;

/** The patch again, of which the API server says that it has unknown fields. */
const patchValue = /^(The request is invalid: patch: )Invalid value: "\{.*\}": /s;

const maxLength = 1_000;

/** What kubectl has written to standard error, as kubectl 1.33 and its forerunners write it (cmd/util/helpers.go). */
export function describeFailure(stderr: string): KubectlError {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^([EWIF]\d{4}|Warning:) /.test(line));
  const first = lines.findIndex((line) => beginning.test(line));
  const said = lines.slice(first === -1 ? -1 : first).join("\n") || "kubectl failed";
  const answered = /^Error from server(?: \((\w+)\))?: ([\s\S]*)$/.exec(said);
  if (answered !== null) return answer(inOneLine(answered[2]?.replace(echo, "") ?? ""), answered[1]);
  if (/^The .* is invalid:/.test(said)) return answer(inOneLine(said.replace(patchValue, "$1")), "Invalid");
  const message = inOneLine(said.replace(/^error: /i, ""));
  const symptom = symptoms.find(({ pattern }) => pattern.test(lines.join("\n")));
  if (symptom !== undefined)
    return new KubectlError(`${symptom.advice} (kubectl: ${message})`, { meaning: "failed" });
  return new KubectlError(message, { meaning: /^error validating /.test(message) ? "refused" : "failed" });
}

function inOneLine(text: string): string {
  const line = text
    .split("\n")
    .map((each) => each.replace(/^\* /, ""))
    .join("; ")
    .replace(/:; /, ": ")
    .replace(": : ", ": ");
  return redactSecrets(line.slice(0, 2 * maxLength)).slice(0, maxLength);
}

function answer(message: string, reason: string | undefined): KubectlError {
  const meaning = meaningOf(message, reason);
  return new KubectlError(meaning === "no right" ? `you are not allowed to do this: ${message}` : message, {
    ...(reason === undefined ? {} : { reason }),
    meaning,
  });
}

/** The reasons of the statuses 4xx, apart from those that say nothing of the object: 401, 408 and 429. */
const refusals: ReadonlySet<string | undefined> = new Set([
  "BadRequest",
  "Forbidden",
  "NotFound",
  "MethodNotAllowed",
  "NotAcceptable",
  "AlreadyExists",
  "Conflict",
  "Gone",
  "RequestEntityTooLarge",
  "UnsupportedMediaType",
  "Invalid",
]);

/**
 * Forbidden is the answer of the authorizer, and also of quotas, of namespaces that are deleted and of webhooks. A webhook may
 * answer without a reason, and so does etcd when it is down.
 */
function meaningOf(message: string, reason: string | undefined): FailureMeaning {
  const isUnauthorized = /^(\S+( "[^"]*")? is forbidden: )?User "[^"]*" cannot \w+/.test(message);
  if (reason === "Forbidden" && isUnauthorized) return "no right";
  return refusals.has(reason) || /^admission webhook ".*" denied the request/.test(message)
    ? "refused"
    : "failed";
}
