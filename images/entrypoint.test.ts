import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";

const entrypoint = join(import.meta.dirname, "flink", "docker-entrypoint.sh");

/** A FLINK_HOME whose scripts print how they were called. */
let home: string;

function script(path: string, body: string): void {
  writeFileSync(path, `#!/bin/bash\n${body}\n`);
  chmodSync(path, 0o755);
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "flink-"));
  for (const folder of ["bin", "conf", "lib", "opt", "plugins", "fakes"]) mkdirSync(join(home, folder));
  writeFileSync(join(home, "conf/config.yaml"), "");
  for (const name of ["jobmanager", "taskmanager", "standalone-job", "historyserver"]) {
    script(join(home, `bin/${name}.sh`), `printf '%s\\n' ${name}.sh "$@"`);
  }
  script(join(home, "bin/config-parser-utils.sh"), `printf '%s\\n' "\${@:4}" > "$1/asked"`);
  script(join(home, "fakes/gosu"), '[ "$1" = flink ] && shift && exec "$@"');
});

function run(args: string[], env: Record<string, string> = {}) {
  const fixed = { PATH: `${home}/fakes:${process.env.PATH}`, FLINK_HOME: home, DISABLE_JEMALLOC: "true" };
  const { status, stdout } = spawnSync("bash", [entrypoint, ...args], {
    env: { ...fixed, ...env },
    encoding: "utf8",
    // Node's pipe is a socket, and a bash with a socket for its input reads the user's .bashrc.
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status, lines: stdout.trimEnd().split("\n") };
}

function asked(): string[] {
  return execFileSync("cat", [join(home, "conf/asked")], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line !== "-D" && line !== "");
}

test.each([
  ["jobmanager", "jobmanager.sh"],
  ["taskmanager", "taskmanager.sh"],
  ["standalone-job", "standalone-job.sh"],
  ["history-server", "historyserver.sh"],
])("%s runs in the foreground, with its arguments", (command, name) => {
  expect(run([command, "-D", "a=b c"]).lines).toEqual([name, "start-foreground", "-D", "a=b c"]);
});

test("any other command is run unchanged, with its exit code", () => {
  expect(run(["bash", "-c", "echo native; exit 7"])).toEqual({ status: 7, lines: ["native"] });
});

test("help, or no argument, prints the usage and writes nothing", () => {
  expect(run(["help"]).status).toBe(0);
  expect(run([]).lines[0]).toContain("Usage:");
  expect(existsSync(join(home, "conf/asked"))).toBe(false);
});

test("properties from the environment reach the configuration, without spaces", () => {
  run(["true"], {
    JOB_MANAGER_RPC_ADDRESS: "jm",
    TASK_MANAGER_NUMBER_OF_TASK_SLOTS: "3",
    FLINK_PROPERTIES: "a: 1\n# a comment\n\n  url:  s3://$BUCKET/x \n",
    BUCKET: "mine",
  });
  expect(asked()).toEqual([
    "jobmanager.rpc.address=jm",
    "blob.server.port=6124",
    "query.server.port=6125",
    "taskmanager.numberOfTaskSlots=3",
    "a=1",
    "url=s3://mine/x",
  ]);
});

test("plugins are linked from opt", () => {
  writeFileSync(join(home, "opt/a.jar"), "");
  writeFileSync(join(home, "opt/b.jar"), "");
  expect(run(["true"], { ENABLE_BUILT_IN_PLUGINS: "a.jar;b.jar" }).status).toBe(0);
  expect(readlinkSync(join(home, "plugins/b/b.jar"))).toBe(join(home, "opt/b.jar"));
});

test("a missing plugin stops the container", () => {
  expect(run(["echo", "started"], { ENABLE_BUILT_IN_PLUGINS: "a.jar" })).toEqual({ status: 1, lines: [""] });
});

test("a mounted configuration without config.yaml is not changed", () => {
  execFileSync("rm", [join(home, "conf/config.yaml")]);
  expect(run(["echo", "started"])).toEqual({ status: 0, lines: ["started"] });
  expect(existsSync(join(home, "conf/asked"))).toBe(false);
});
