import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { ArtifactSettings } from "../../api/artifactSettings.ts";
import { ArtifactError, type Artifacts } from "./api.ts";
import { type ArtifactsOptions, createArtifacts } from "./artifacts.ts";

/** What tests of this folder share: servers that jars come from, and a reader of jars. */

export interface Source {
  readonly port: number;
  readonly url: string;
  /** Every request so far. */
  readonly requests: readonly IncomingMessage[];
}

type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => unknown;

export async function serve(answer: Answer): Promise<Source> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, requests };
}

export const options = { schemes: "the.schemes", restrictedHosts: "the.hosts", headers: "the.headers" };

export const settings = (over: Partial<ArtifactSettings> = {}): ArtifactSettings => ({
  policy: { schemes: ["http", "https", "s3", "local", "file"], restrictedHosts: "allow", options },
  directory: "/nonexistent/artifacts",
  maxBytes: 1_000_000,
  maxBytesOption: "the.max-size",
  cacheBytes: 0,
  parallelism: 4,
  deadlineMs: 20_000,
  s3: { endpoint: undefined, region: undefined, pathStyle: true, credentials: undefined },
  ...over,
});

export function artifactsWith(
  over: Partial<ArtifactSettings> = {},
  more: Partial<ArtifactsOptions> = {},
): Artifacts {
  const artifacts = createArtifacts({
    settings: () => settings(over),
    ...more,
    retries: { floorMs: 1, ...more.retries },
  });
  onTestFinished(() => artifacts.close());
  return artifacts;
}

/** Opens, reads and closes. */
export async function read(artifacts: Artifacts, uri: string, headers = {}): Promise<string> {
  const artifact = await artifacts.open(uri, { headers: new Map(Object.entries(headers)) });
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of artifact.body) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  } finally {
    await artifact.close();
  }
}

export const failureOf = (promise: Promise<unknown>): Promise<ArtifactError> =>
  promise.then(
    (value) => {
      throw new Error(`did not fail, but gave ${String(value)}`);
    },
    (error: unknown) => {
      if (error instanceof ArtifactError) return error;
      throw error;
    },
  );
