import type { lookup } from "node:dns";
import { basename } from "node:path";
import type { ArtifactSettings } from "../../api/artifactSettings.ts";
import { isHttp, isS3, type JarUri, jarRefusalReason, readJarUri } from "../../api/jarUri.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { ArtifactError, type ArtifactRequest, type Artifacts } from "./api.ts";
import { createCachingFetcher } from "./cachingFetcher.ts";
import { asArtifactError } from "./failure.ts";
import { httpRemote } from "./http.ts";
import { localRemote } from "./localFile.ts";
import type { OpenJar } from "./openJar.ts";
import type { Remote } from "./remote.ts";
import { s3Remote } from "./s3.ts";
import { createS3Keys } from "./s3Keys.ts";
import { createSlots } from "./slots.ts";
import {
  type Expected,
  openTransfer,
  type Retries,
  resumingBody,
  type Transfer,
  verified,
} from "./transfer.ts";
import { checkedLookup, createTransport, type TransportOptions } from "./transport.ts";

export interface ArtifactsOptions {
  /** The current settings, read for each jar. */
  settings(): ArtifactSettings;
  /** Called if jars cannot be cached on disk. They are fetched without the cache. */
  onCacheError?(error: unknown): void;
  readonly clock?: Clock;
  readonly retries?: Partial<Retries>;
  readonly transport?: Partial<Omit<TransportOptions, "lookup">>;
  /** Resolves host names. Absent: the system's resolver. */
  readonly resolve?: typeof lookup;
}

const timeouts = { connectMs: 10_000, idleMs: 30_000 };

/** Fetches the jars of session jobs. No jar is held in memory as a whole. */
export function createArtifacts(options: ArtifactsOptions): Artifacts {
  const { settings, onCacheError } = options;
  const clock = options.clock ?? systemClock;
  const retries: Retries = { clock, maxAttempts: 5, floorMs: 500, random: Math.random, ...options.retries };
  const lookup = checkedLookup(() => settings().policy, options.resolve);
  const web = createTransport({ ...timeouts, ...options.transport, lookup });
  // The operator's configuration sets the endpoint, which may be inside the cluster.
  const storage = createTransport({ ...timeouts, ...options.transport });
  const keys = createS3Keys(storage, () => clock.now());
  const slots = createSlots(() => Math.max(1, settings().parallelism));
  const cachingFetcher = createCachingFetcher(settings, onCacheError);
  const closing = new AbortController();

  function remoteOf(uri: JarUri, now: ArtifactSettings, { headers = new Map() }: ArtifactRequest): Remote {
    if (isHttp(uri.scheme)) return httpRemote({ uri, headers, policy: now.policy, transport: web });
    if (isS3(uri.scheme)) return s3Remote({ uri, settings: now.s3, keys, transport: storage });
    return localRemote(uri, now.directory);
  }

  async function fetchDirectly(transfer: Transfer, expected: Expected): Promise<OpenJar> {
    const first = await openTransfer(transfer, expected);
    return {
      size: first.size,
      body: verified(resumingBody(first, transfer), expected),
      close: async () => first.discard(),
    };
  }

  return {
    async open(text, request = {}) {
      const now = settings();
      const { field = "spec.job.jarURI" } = request;
      const uri = allowed(text, field, now);
      const label = `${field} ${uri.label}`;
      const ending = new AbortController();
      const cancelled = AbortSignal.any([closing.signal, ending.signal, request.signal ?? ending.signal]);
      const release = await slots.take(cancelled).catch((error: unknown) => {
        throw asArtifactError(error, label);
      });
      const signal = AbortSignal.any([cancelled, AbortSignal.timeout(now.deadlineMs)]);
      try {
        const remote = remoteOf({ ...uri, label }, now, request);
        const transfer: Transfer = { remote, label, signal, retries };
        const expected: Expected = { ...now, label, field, sha256: uri.sha256 };
        const kept = request.fromSource ? undefined : await cachingFetcher.fromCache(transfer, expected);
        const openJar = kept ?? (await fetchDirectly(transfer, expected));
        return {
          name: nameOf(uri),
          size: openJar.size,
          body: openJar.body,
          async close() {
            ending.abort(new ArtifactError("unavailable", `${label} is not wanted any more`));
            await openJar.close();
            release();
          },
        };
      } catch (error) {
        release();
        throw asArtifactError(signal.aborted ? signal.reason : error, label);
      }
    },
    async close() {
      closing.abort(new ArtifactError("unavailable", "the operator is ending"));
      await Promise.all([web.close(), storage.close()]);
    },
  };
}

function allowed(text: string, field: string, { policy }: ArtifactSettings): JarUri {
  const uri = readJarUri(text);
  const why = "wrong" in uri ? uri.wrong : jarRefusalReason(uri, policy);
  if ("wrong" in uri || why !== undefined) throw new ArtifactError("not-allowed", `${field}: ${why}`);
  return uri;
}

/** Flink accepts only file names that end with `.jar`. */
function nameOf({ url }: JarUri): string {
  const name = basename(decodeURIComponent(url.pathname)) || "job";
  return name.endsWith(".jar") ? name : `${name}.jar`;
}
