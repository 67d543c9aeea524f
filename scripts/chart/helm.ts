import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, loadAll } from "js-yaml";

const root = join(import.meta.dirname, "../..");
export const chartFolder = join(root, "charts/flink-kubernetes-operator");
const tools = join(root, "tools/run");

export interface Rendering {
  readonly release?: string;
  readonly namespace?: string;
  readonly values?: object;
}

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own fields.
  readonly [field: string]: any;
}

/** Runs Helm, in the version of tools/go.mod, and builds it first if necessary. Throws with Helm's error. */
export function helm(...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(tools, ["helm", ...args], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`helm ${args[0]}: ${stderr.trim()}`);
  return stdout;
}

/** Calls `use` with the path of a temporary file with the values. */
export function withValues<Result>(values: object, use: (path: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "helm-values-"));
  try {
    const path = join(folder, "values.yaml");
    writeFileSync(path, dump(values));
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The manifests of an install of the chart, including hooks. */
export function renderChart({
  release = "flink-operator",
  namespace = "flink-operator",
  values = {},
}: Rendering = {}): Manifest[] {
  const output = withValues(values, (path) =>
    helm("template", release, chartFolder, "--namespace", namespace, "--values", path),
  );
  return (loadAll(output) as (Manifest | null)[]).filter((manifest) => manifest !== null);
}
