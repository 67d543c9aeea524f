import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../../images/command.ts";
import { flinkDistribution } from "../../../images/distribution.ts";
import { gateJar } from "../../../images/gate.ts";
import { javaJar } from "../../../images/javaJar.ts";
import { type FlinkRelease, flinkReleases } from "../../../images/versions.ts";
import { json, type Received, refuse, serve } from "../../support/httpServer.ts";

/** The gate with real Flink, and an API server whose answers the test defines. */

const testPackage = "flink.operator.gate.test";
const jobClass = `${testPackage}.Job`;
const SAVEPOINT = "s3://bucket/savepoint-1";

const wordsOf = (data: Record<string, string> | undefined) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "gate", namespace: "flink", resourceVersion: "1" },
  data,
});

interface Gated {
  mainClass?: string;
  args?: string[];
  /** The answer to each request for the ConfigMap; the last one to all that follow. */
  answers?: ("absent" | "refused" | Record<string, string> | undefined)[];
}

async function runGated(
  release: FlinkRelease,
  { mainClass, args = [], answers = [{ launch: SAVEPOINT }] }: Gated,
): Promise<{ printed: string; received: Received[] }> {
  const gate = await gateJar();
  const tests = await javaJar({
    name: "flink-gate-test",
    sources: join(import.meta.dirname, "..", "..", "..", "runners", "gate", "test", "java"),
    mainClass: jobClass,
    javaRelease: "8",
    libraries: [gate],
  });
  const server = await serve((_, response, count) => {
    const answer = answers[Math.min(count, answers.length) - 1];
    if (answer === "absent") return refuse(response, 404, "NotFound");
    if (answer === "refused") return refuse(response, 403, "Forbidden");
    return json(response, 200, wordsOf(answer));
  });
  try {
    const folder = await mkdtemp(join(tmpdir(), "gate-"));
    await writeFile(join(folder, "config.yaml"), "kubernetes.namespace: flink\nkubernetes.cluster-id: app\n");
    const classPath = [join(await flinkDistribution(release), "lib", "*"), gate, tests].join(":");
    const options = ["-Xmx256m", "-XX:TieredStopAtLevel=1", `-Dkubernetes.master=${server.url}`];
    const opened = ["java.util", "java.lang"].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);
    const printed = await run(
      "java",
      [...opened, ...options, "-cp", classPath, `${testPackage}.Application`, ...args],
      {
        env: {
          FLINK_CONF_DIR: folder,
          GATE_CONFIG_MAP: "gate",
          GATE_KEY: "launch",
          ...(mainClass === undefined ? { GATE_JAR: tests } : { GATE_MAIN_CLASS: mainClass }),
        },
      },
    );
    return { printed, received: server.received };
  } finally {
    await server.close();
  }
}

for (const release of flinkReleases) {
  describe(`Flink ${release.version}`, () => {
    it("waits for the word of its own launch, and restores from it in every thread", async () => {
      const { printed, received } = await runGated(release, {
        mainClass: jobClass,
        args: ["--rate", "5"],
        answers: ["absent", "refused", undefined, { other: "s3://bucket/old" }, { launch: SAVEPOINT }],
      });
      expect(printed).toContain("arguments: --rate,5");
      expect(printed).toContain(`main restores from: ${SAVEPOINT}`);
      expect(printed).toContain(`thread restores from: ${SAVEPOINT}`);
      expect(printed).toContain("ended");
      expect(received.map(({ path }) => path)).toEqual(
        Array(5).fill("/api/v1/namespaces/flink/configmaps/gate"),
      );
    });

    it("takes the main class from the jar's manifest, and throws the job's own error", async () => {
      const { printed } = await runGated(release, { args: ["fail"] });
      expect(printed).toContain("arguments: fail");
      expect(printed).toContain("thrown: java.lang.IllegalStateException: the job's own error");
    });

    it.each([
      ["org.example.Missing", "The main class org.example.Missing was not found"],
      ["java.lang.Object", "The class java.lang.Object has no main(String[]) method"],
    ])("does not wait with the wrong main class %s", async (mainClass, message) => {
      const { printed, received } = await runGated(release, { mainClass });
      expect(printed).toContain(`thrown: java.lang.IllegalArgumentException: ${message}`);
      expect(received).toEqual([]);
    });
  });
}
