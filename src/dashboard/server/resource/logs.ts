import { resourceTypes } from "../../../api/kubernetes.ts";
import { APP_LABEL, MAIN_CONTAINER } from "../../../api/v1beta1/names.ts";
import { resourcePath } from "../../../kube/paths.ts";
import type { Exchange } from "../exchange.ts";
import { HttpError } from "../httpError.ts";
import { appLabelsOf, checkName, clusterIdOf, type Subject, sidesOf } from "./subject.ts";

/** The most bytes of a log that are sent. */
const logLimit = 1024 * 1024;
const maxLines = 10_000;
const defaultLines = 1_000;
const timeoutMs = 20_000;

/** Sends the end of a container's log as plain text. The pod must be one of the resource. */
export async function sendLog(subject: Subject, { query, response }: Exchange): Promise<void> {
  const { caller, namespace } = subject;
  const pod = checkName(query.get("pod") ?? undefined, "pod");
  const container = checkName(query.get("container") ?? MAIN_CONTAINER, "container");
  const tailLines = linesOf(query.get("tail"));
  const found = await caller.kube.get(resourceTypes.pod, namespace, pod);
  if (!(await clustersOf(subject)).includes(found.metadata.labels?.[APP_LABEL] ?? ""))
    throw new HttpError(404, `The pod ${pod} is none of ${subject.name}.`, "pod");
  const path = resourcePath(
    resourceTypes.pod,
    { namespace, name: pod, subresource: "log" },
    { container, tailLines, limitBytes: logLimit, previous: query.get("previous") === "true" },
  );
  const answer = await caller.apiServer.get(path, caller.token, { signal: AbortSignal.timeout(timeoutMs) });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    // An API server that does not keep to the limit is not read any further.
    if (size > logLimit) break;
  }
  const text = Buffer.concat(chunks).subarray(0, logLimit);
  if (answer.statusCode !== 200) throw refusal(answer.statusCode, text.toString("utf8"), pod);
  response.writeHead(200, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": text.length,
    "cache-control": "no-store",
  });
  response.end(text);
}

function linesOf(given: string | null): number {
  if (given === null) return defaultLines;
  const lines = Number(given);
  if (!Number.isInteger(lines) || lines < 1 || lines > maxLines)
    throw new HttpError(400, `tail must be a whole number, 1 to ${maxLines}.`, "tail");
  return lines;
}

/** The labels of the pods of a resource. */
async function clustersOf(subject: Subject): Promise<readonly string[]> {
  if (subject.plural === "flinkdeployments") return appLabelsOf(subject.object);
  if (subject.plural === "flinkbluegreendeployments") return (await sidesOf(subject)).flatMap(appLabelsOf);
  const clusterId = clusterIdOf(subject);
  return clusterId === undefined ? [] : [clusterId];
}

function refusal(status: number, text: string, pod: string): HttpError {
  let message = "";
  try {
    message = (JSON.parse(text) as { message?: string }).message ?? "";
  } catch {
    // It is no Status: the code says enough.
  }
  return new HttpError(
    status === 401 || status === 403 || status === 404 || status === 400 ? status : 502,
    `The log of ${pod} cannot be read: ${message === "" ? `HTTP ${status}` : message}.`,
  );
}
