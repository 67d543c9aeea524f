import type { lookup } from "node:dns";
import { basename } from "node:path";
import type { ArtifactSettings } from "../../api/artifactSettings.ts";
import { isHttp, isS3, type JarUri, readJarUri, whyNotFetched } from "../../api/jarUri.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";
import { ArtifactError, type ArtifactRequest, type Artifacts } from "./api.ts";
import type { Begun } from "./begun.ts";
import { asArtifactError } from "./failure.ts";
import { httpRemote } from "./http.ts";
import { createKeeper } from "./keep.ts";
import { localRemote } from "./localFile.ts";
import type { Remote } from "./remote.ts";
import { s3Remote } from "./s3.ts";
import { createS3Keys } from "./s3Keys.ts";
import { createSlots } from "./slots.ts";
import { begin, checked, type Expected, type Retries, type Transfer, whole } from "./transfer.ts";
import { checkedLookup, createTransport, type TransportOptions } from "./transport.ts";

export interface ArtifactsOptions {
  /** As they are now: asked for each jar. */
  settings(): ArtifactSettings;
  /** Told when jars cannot be kept on disk, and why. They are fetched all the same. */
  onUncached?(error: unknown): void;
  readonly clock?: Clock;
  readonly retries?: Partial<Retries>;
  readonly transport?: Partial<Omit<TransportOptions, "lookup">>;
  /** Resolves names; absent: the system does. */
  readonly resolve?: typeof lookup;
}

const patience = { connectMs: 10_000, idleMs: 30_000 };

/** Where session jobs' jars come from. Nothing is ever whole in memory. */
export function createArtifacts(options: ArtifactsOptions): Artifacts {
  const { settings, onUncached } = options;
  const clock = options.clock ?? systemClock;
  const retries: Retries = { clock, most: 5, floorMs: 500, random: Math.random, ...options.retries };
  const lookup = checkedLookup(() => settings().policy, options.resolve);
  const web = createTransport({ ...patience, ...options.transport, lookup });
  // The endpoint is the operator's own choice, and may well be in the cluster.
  const storage = createTransport({ ...patience, ...options.transport });
  const keys = createS3Keys(storage, () => clock.now());
  const slots = createSlots(() => Math.max(1, settings().parallelism));
  const keeper = createKeeper(settings, onUncached);
  const closing = new AbortController();

  function remoteOf(uri: JarUri, now: ArtifactSettings, { headers = new Map() }: ArtifactRequest): Remote {
    if (isHttp(uri.scheme)) return httpRemote({ uri, headers, policy: now.policy, transport: web });
    if (isS3(uri.scheme)) return s3Remote({ uri, settings: now.s3, keys, transport: storage });
    return localRemote(uri, now.directory);
  }

  async function directly(transfer: Transfer, expected: Expected): Promise<Begun> {
    const first = await begin(transfer, expected);
    return {
      size: first.size,
      body: checked(whole(first, transfer), expected),
      close: async () => first.discard(),
    };
  }

  return {
    async open(text, request = {}) {
      const now = settings();
      const uri = allowed(text, now);
      const said = `spec.job.jarURI ${uri.said}`;
      const ending = new AbortController();
      const unwanted = AbortSignal.any([closing.signal, ending.signal, request.signal ?? ending.signal]);
      const release = await slots.take(unwanted).catch((error: unknown) => {
        throw asArtifactError(error, said);
      });
      const signal = AbortSignal.any([unwanted, AbortSignal.timeout(now.deadlineMs)]);
      try {
        const remote = remoteOf({ ...uri, said }, now, request);
        const transfer: Transfer = { remote, said, signal, retries };
        const expected: Expected = { ...now, said, sha256: uri.sha256 };
        const begun = (await keeper.kept(transfer, expected)) ?? (await directly(transfer, expected));
        return {
          name: nameOf(uri),
          size: begun.size,
          body: begun.body,
          async close() {
            ending.abort(new ArtifactError("unavailable", `${said} is not wanted any more`));
            await begun.close();
            release();
          },
        };
      } catch (error) {
        release();
        throw asArtifactError(signal.aborted ? signal.reason : error, said);
      }
    },
    async close() {
      closing.abort(new ArtifactError("unavailable", "the operator is ending"));
      await Promise.all([web.close(), storage.close()]);
    },
  };
}

function allowed(text: string, { policy }: ArtifactSettings): JarUri {
  const uri = readJarUri(text);
  const why = "wrong" in uri ? uri.wrong : whyNotFetched(uri, policy);
  if ("wrong" in uri || why !== undefined) throw new ArtifactError("not-allowed", `spec.job.jarURI: ${why}`);
  return uri;
}

/** Flink takes no other file than one whose name ends with `.jar`. */
function nameOf({ url }: JarUri): string {
  const name = basename(decodeURIComponent(url.pathname)) || "job";
  return name.endsWith(".jar") ? name : `${name}.jar`;
}
