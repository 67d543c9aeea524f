import { spawnSync } from "node:child_process";
import { chmod, copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached } from "../../images/cache.ts";

function run(command: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", cwd });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr.trim()}${stdout.trim()}`);
  return stdout;
}

/** The path of Prometheus' promtool: the installed one, or that of Debian's package, which is only unpacked. */
async function promtoolPath(): Promise<string> {
  const own = spawnSync("promtool", ["--version"]);
  if (own.error === undefined) return "promtool";
  return cached({ name: "parts/promtool", key: "debian", extension: "" }, async (path) => {
    const folder = await mkdtemp(join(tmpdir(), "promtool-"));
    try {
      const download = () => run("apt-get", ["-qq", "download", "prometheus"], folder);
      try {
        download();
      } catch {
        run("apt-get", ["-qq", "update"]);
        download();
      }
      run("sh", ["-c", "dpkg-deb -x prometheus_*.deb ."], folder);
      await copyFile(join(folder, "usr/bin/promtool"), path);
      await chmod(path, 0o755);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

/** Runs promtool. Throws with its output if it fails. */
export const promtool = async (...args: readonly string[]): Promise<string> =>
  run(await promtoolPath(), args);
