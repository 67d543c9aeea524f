import { restServiceName } from "../../../api/v1beta1/names.ts";
import { FlinkRestError } from "../../../flink/api.ts";
import type { Caller } from "../callers.ts";

/** The most bytes of an answer of Flink that is read into memory. */
const answerLimit = 8 * 1024 * 1024;
const timeoutMs = 10_000;

/** The path of the API server's proxy to a JobManager. Both names are those of objects that were read. */
export const flinkProxyPath = (namespace: string, clusterId: string): string =>
  `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(restServiceName(clusterId))}:rest/proxy`;

/** GETs JSON of a JobManager. Rejects with a FlinkRestError. */
export const flinkGet =
  ({ apiServer, token }: Caller, namespace: string, clusterId: string) =>
  async (path: string): Promise<unknown> => {
    let status = 0;
    let text = "";
    try {
      const answer = await apiServer.get(`${flinkProxyPath(namespace, clusterId)}${path}`, token, {
        headers: { accept: "application/json" },
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = answer.statusCode;
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size > answerLimit) throw new Error(`the answer has more than ${answerLimit} bytes`);
        chunks.push(chunk);
      }
      text = Buffer.concat(chunks).toString("utf8");
    } catch (cause) {
      const { name, message } = cause as Error;
      throw new FlinkRestError(0, name === "TimeoutError" ? "timeout" : "broken", message, { cause });
    }
    const body = parsed(text);
    if (status >= 200 && status < 300 && body !== undefined) return body;
    const { errors, message } = (body ?? {}) as { errors?: unknown; message?: unknown };
    const fromFlink = Array.isArray(errors);
    const why = fromFlink ? errors.map(String).join(" ").split("\n")[0] : message;
    throw new FlinkRestError(
      status,
      "answered",
      typeof why === "string" && why !== "" ? why : `HTTP ${status}`,
      {
        fromFlink,
      },
    );
  };

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
