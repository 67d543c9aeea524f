import { request } from "node:http";
import { formatJson } from "../../api/exactJson.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import { parseRecording, type Recording } from "../../controllers/recording/recording.ts";
import { RECORDINGS_PATH } from "../../controllers/recording/recordingServer.ts";
import { findOperatorConfig, listObjects } from "./clusterReader.ts";
import { CommandError } from "./commandError.ts";
import type { Kubectl } from "./kubectl.ts";

/** As the chart labels the operator's pods, of this operator and of the Java operator. */
const OPERATOR_LABEL = "app.kubernetes.io/name=flink-kubernetes-operator";

/** The operator's pods, in all namespaces. */
export const listOperatorPods = (kubectl: Kubectl): Promise<KubeObject[]> =>
  listObjects(kubectl, resourceTypes.pod, { labelSelector: OPERATOR_LABEL });

/**
 * What all of the operator's pods have recorded of a resource: only the one that leads has passes. The newest passes, of which there is
 * room in `maxBytes`.
 */
export async function readRecording(
  kubectl: Kubectl,
  pods: readonly KubeObject[],
  { metadata }: KubeObject,
  maxBytes: number,
): Promise<string> {
  const { config } = await findOperatorConfig(kubectl);
  const port = config.get(operatorOptions.recordingPort);
  if (port === 0) throw new CommandError("kubernetes.operator.recording.port is 0");
  const query = new URLSearchParams({ namespace: metadata.namespace ?? "", name: metadata.name });
  const answers = await Promise.allSettled(
    pods.map(async ({ metadata: { namespace = "", name } }) => {
      const forwarded = await kubectl.forward(namespace, name, port);
      try {
        return parseRecording(await get(forwarded.port, `${RECORDINGS_PATH}?${query}`));
      } finally {
        forwarded.close();
      }
    }),
  );
  const recordings = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const found = recordings.find(({ passes }) => passes.length > 0);
  const failed = answers.find((answer) => answer.status === "rejected");
  if (found === undefined)
    throw failed?.reason ?? new CommandError("the operator has recorded no pass of it since it started");
  return newestOf(found, maxBytes);
}

/** The file of a recording without its oldest passes, as many as have no room. */
export function newestOf(recording: Recording, maxBytes: number): string {
  const format = (passes: Recording["passes"]) => `${formatJson({ ...recording, passes })}\n`;
  const { passes } = recording;
  let left = maxBytes - Buffer.byteLength(format([]));
  let first = passes.length;
  while (first > 0) {
    // With the comma.
    left -= Buffer.byteLength(formatJson(passes[first - 1])) + 1;
    if (left < 0) break;
    first -= 1;
  }
  return format(passes.slice(first));
}

/** Milliseconds. */
const TIMEOUT_MS = 10_000;

const get = (port: number, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, timeout: TIMEOUT_MS }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        response.statusCode === 200
          ? resolve(Buffer.concat(parts).toString("utf8"))
          : reject(
              new CommandError(
                `the operator answered ${response.statusCode}: it may be an older one, or the Java operator`,
              ),
            ),
      );
    });
    sent.on("timeout", () => sent.destroy(new CommandError("the operator did not answer in time")));
    sent.on("error", (error) =>
      reject(new CommandError(`the operator hands out no recording: ${error.message}`)),
    );
    sent.end();
  });
