import { setImmediate } from "node:timers/promises";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { formatJson, parseJson } from "../../api/exactJson.ts";
import type { KubeObject } from "../../api/kubernetes.ts";
import { redactData } from "../../api/redactData.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import type { Decision } from "../../core/job/model/decision.ts";
import { clusterKey } from "../flinkdeployment/gather.ts";
import { formatPass, type GatheredInput, type RecordedPass, type Recording } from "./recording.ts";

export interface PassRecorderOptions {
  /** How many bytes are kept of all resources together. 0: nothing is recorded. */
  maxBytes(): number;
  config(): FlinkConfig;
  readonly logFiles: Readonly<Record<string, string>>;
  /** The jar that runs SQL scripts, which is left out. */
  readonly sqlRunner?: string | undefined;
  readonly operatorVersion: string;
}

/**
 * Keeps the last passes of each resource that did something, in memory, compressed. A pass without an action that writes no
 * status costs nothing. Memory holds what the operator holds anyway; secrets are masked as a recording leaves it.
 */
export interface PassRecorder {
  /** The operator's configuration: it may be loaded anew while a pass acts. */
  config(): FlinkConfig;
  /** `config`: what it was decided with. */
  record(
    kind: string,
    input: GatheredInput,
    decision: Decision,
    failure?: string,
    config?: FlinkConfig,
  ): void;
  /** A pass as JSON (otherKinds.ts). Undefined: it did nothing. */
  recordText(
    kind: string,
    resource: KubeObject,
    text: () => string | undefined,
    failure?: string,
    config?: FlinkConfig,
  ): void;
  remove(kind: string, namespace: string, name: string): void;
  /** Drops what exceeds the bound, which may have changed. */
  trim(): void;
  /** The passes of one resource, or of those of a namespace, or all; oldest first. */
  read(of?: { readonly namespace?: string | undefined; readonly name?: string | undefined }): RecordingText;
  /** How many resources it keeps passes of. */
  readonly size: number;
}

export interface RecordingText {
  /** How many passes there are. */
  readonly passes: number;
  /** The recording as JSON, in parts. Secrets are masked, which takes time: the process does something else after each pass. */
  readonly parts: AsyncIterable<string>;
}

/** The share of one resource at most, in bytes: one that fails again and again leaves the passes of others. */
const MAX_BYTES_OF_RESOURCE = 65_536;

interface Entry {
  readonly compressed: Uint8Array;
  readonly config: FlinkConfig;
  readonly failure: string | undefined;
  repeats: number;
}

interface Kept {
  readonly namespace: string;
  readonly name: string;
  readonly entries: Entry[];
}

export function createPassRecorder(options: PassRecorderOptions): PassRecorder {
  /** The resource that was recorded last is the last. */
  const known = new Map<string, Kept>();
  let bytes = 0;
  const keyOf = (kind: string, namespace: string, name: string) => `${kind}/${clusterKey(namespace, name)}`;

  /** Whether there was one. */
  function dropOldest(key: string, { entries }: Kept): boolean {
    const dropped = entries.shift();
    bytes -= dropped?.compressed.length ?? 0;
    if (entries.length === 0) known.delete(key);
    return dropped !== undefined;
  }

  function trim(): void {
    for (const [oldest, other] of known) while (bytes > options.maxBytes() && dropOldest(oldest, other));
  }

  const recordText: PassRecorder["recordText"] = (kind, { metadata }, textOf, failure, config) => {
    if (options.maxBytes() <= 0) return trim();
    const { namespace = "", name } = metadata;
    const key = keyOf(kind, namespace, name);
    const kept = known.get(key) ?? { namespace, name, entries: [] };
    const last = kept.entries.at(-1);
    if (failure !== undefined && last?.failure === failure) {
      last.repeats += 1;
      return;
    }
    const text = textOf();
    if (text === undefined) return;
    const entry = { compressed: compress(text), config: config ?? options.config(), failure, repeats: 0 };
    known.delete(key);
    known.set(key, kept);
    kept.entries.push(entry);
    bytes += entry.compressed.length;
    while (bytesOf(kept) > MAX_BYTES_OF_RESOURCE) dropOldest(key, kept);
    trim();
  };

  return {
    trim,
    config: options.config,
    record: (kind, input, decision, failure, config) =>
      recordText(
        kind,
        input.resource,
        () => formatPass(kind, input, decision, failure, options.sqlRunner),
        failure,
        config,
      ),
    recordText,
    remove(kind, namespace, name) {
      const key = keyOf(kind, namespace, name);
      bytes -= bytesOf(known.get(key));
      known.delete(key);
    },
    read({ namespace, name } = {}) {
      const wanted = [...known.values()].filter(
        (kept) =>
          (namespace === undefined || kept.namespace === namespace) &&
          (name === undefined || kept.name === name),
      );
      const entries = wanted.flatMap((kept) => kept.entries);
      return { passes: entries.length, parts: partsOf(entries, options) };
    },
    get size() {
      return known.size;
    },
  };
}

async function* partsOf(
  entries: readonly Entry[],
  { operatorVersion, logFiles }: PassRecorderOptions,
): AsyncGenerator<string> {
  const configs = [...new Set(entries.map(({ config }) => config))];
  const shared: Omit<Recording, "passes"> = {
    format: 1,
    operatorVersion,
    logFiles,
    configurations: configs.map((config) => Object.fromEntries(config.entries)),
  };
  yield `${formatJson(redactData(shared)).slice(0, -1)},"passes":[`;
  let separator = "";
  for (const { compressed, config, repeats } of entries) {
    await setImmediate();
    const pass: Recording["passes"][number] = {
      ...decompress(compressed),
      configuration: configs.indexOf(config),
      ...(repeats === 0 ? {} : { repeats }),
    };
    yield `${separator}${formatJson(redactData(pass))}`;
    separator = ",";
  }
  yield "]}\n";
}

/** Fast rather than small: it happens in the middle of a reconcile. A copy, since zlib's buffer is larger than its content. */
function compress(text: string): Uint8Array {
  const compressed = deflateRawSync(text, { level: 1 });
  const copy = Buffer.allocUnsafeSlow(compressed.length);
  compressed.copy(copy);
  return copy;
}

const decompress = (compressed: Uint8Array): RecordedPass =>
  parseJson(inflateRawSync(compressed).toString("utf8")) as RecordedPass;

const bytesOf = (kept: Kept | undefined): number =>
  (kept?.entries ?? []).reduce((sum, { compressed }) => sum + compressed.length, 0);

export const formatRecording = (recording: Recording): string => `${formatJson(recording)}\n`;
