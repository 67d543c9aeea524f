import { deflateRawSync, inflateRawSync } from "node:zlib";
import { formatJson, parseJson } from "../../api/exactJson.ts";
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
  record(kind: string, input: GatheredInput, decision: Decision, failure?: string): void;
  remove(kind: string, namespace: string, name: string): void;
  /** The passes of one resource, or of those of a namespace, or all; oldest first. Secrets are masked. */
  recording(of?: { readonly namespace?: string | undefined; readonly name?: string | undefined }): Recording;
  /** How many resources it keeps passes of. */
  readonly size: number;
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

  return {
    record(kind, input, decision, failure) {
      if (options.maxBytes() <= 0) return;
      const { namespace = "", name } = input.resource.metadata;
      const key = keyOf(kind, namespace, name);
      const kept = known.get(key) ?? { namespace, name, entries: [] };
      const last = kept.entries.at(-1);
      if (failure !== undefined && last?.failure === failure) {
        last.repeats += 1;
        return;
      }
      const text = formatPass(kind, input, decision, failure, options.sqlRunner);
      const entry = { compressed: compress(text), config: options.config(), failure, repeats: 0 };
      known.delete(key);
      known.set(key, kept);
      kept.entries.push(entry);
      bytes += entry.compressed.length;
      while (bytesOf(kept) > MAX_BYTES_OF_RESOURCE) dropOldest(key, kept);
      for (const [oldest, other] of known) while (bytes > options.maxBytes() && dropOldest(oldest, other));
    },
    remove(kind, namespace, name) {
      const key = keyOf(kind, namespace, name);
      bytes -= bytesOf(known.get(key));
      known.delete(key);
    },
    recording({ namespace, name } = {}) {
      const wanted = [...known.values()].filter(
        (kept) =>
          (namespace === undefined || kept.namespace === namespace) &&
          (name === undefined || kept.name === name),
      );
      const entries = wanted.flatMap((kept) => kept.entries);
      const configs = [...new Set(entries.map(({ config }) => config))];
      return redactData<Recording>({
        format: 1,
        operatorVersion: options.operatorVersion,
        logFiles: options.logFiles,
        configurations: configs.map((config) => Object.fromEntries(config.entries)),
        passes: entries.map(({ compressed, config, repeats }) => ({
          ...decompress(compressed),
          configuration: configs.indexOf(config),
          ...(repeats === 0 ? {} : { repeats }),
        })),
      });
    },
    get size() {
      return known.size;
    },
  };
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
