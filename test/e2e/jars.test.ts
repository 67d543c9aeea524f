import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { javaJar } from "../../images/javaJar.ts";
import { MAIN_CONTAINER } from "../../src/api/v1beta1/names.ts";
import type { Application } from "./support/application.ts";
import { kubectl } from "./support/commands.ts";
import { startNodeJarServer } from "./support/hostServers.ts";
import { watchProblems } from "./support/problems.ts";
import { scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

/** A jar with a connector that Flink finds as a service, for the JobManager, and a function for TaskManagers. */
const connectorJar = () =>
  javaJar({
    name: "example-connector",
    sources: join(import.meta.dirname, "connector", "src"),
    resources: join(import.meta.dirname, "connector", "resources"),
    javaRelease: "11",
  });

const script = `CREATE FUNCTION doubled AS 'org.example.flink.connector.Doubled';
CREATE TABLE numbers (n BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '20',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '1000000');
CREATE TABLE doubles (n BIGINT) WITH ('connector' = 'example');
INSERT INTO doubles SELECT doubled(n) FROM numbers;
`;

const header = { name: "X-Jar-Token", value: "private" };

scenario(
  "a connector jar is fetched into all pods, and one that is not there stops no job",
  "jars",
  async ({ step, apply, history }) => {
    const jar = await connectorJar();
    const server = await startNodeJarServer({ header, jars: { "connector.jar": jar } });
    try {
      const sha256 = createHash("sha256")
        .update(await readFile(jar))
        .digest("hex");
      const jars = [{ uri: `${server.url}/connector.jar`, sha256 }];
      step("first deployment");
      const app = await apply({
        flinkConfiguration: {
          [`kubernetes.operator.user.artifacts.http.header.${header.name}`]: header.value,
        },
        job: { jarURI: null, args: null, upgradeMode: "savepoint", sql: { script, jars } },
      });
      const first = await app.running();
      const before = await until("the function doubles numbers", async () => lastOf(await numbersOf(app)));

      step("another checksum");
      const watcher = watchProblems(history, app);
      await app.edit({ job: { sql: { jars: [{ ...jars[0], sha256: "0".repeat(64) }] } } });
      await watcher.reported("spec.job.sql.jars[0].uri", sha256);
      expect((await app.job()).jid).toBe(first.jid);
      expect((await app.job()).state).toBe("RUNNING");

      step("the right one again, and an upgrade");
      await app.edit({ job: { parallelism: 2, sql: { jars } } });
      const second = await until("another job runs", async () => {
        const job = await app.running();
        return job.jid === first.jid ? undefined : job;
      });
      expect(second.state).toBe("RUNNING");
      const after = await until("the function doubles numbers", async () => (await numbersOf(app))[0]);
      expect(after).toBeGreaterThan(before);
      expect(new Set(server.responses.map(({ status }) => status))).toEqual(new Set([200]));
    } finally {
      await server.close();
    }
  },
  {
    ownOperator: () => ({
      "kubernetes.operator.user.artifacts.allowed-schemes": "https;http",
      "kubernetes.operator.user.artifacts.disallow-restricted-hosts": "false",
    }),
  },
);

const lastOf = (numbers: readonly number[]): number | undefined => numbers.at(-1);

/** What the print connector of the present TaskManagers has written. */
async function numbersOf(app: Application): Promise<readonly number[]> {
  const pods = (await app.pods("taskManager")).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
  const logs = await Promise.all(
    pods.map(({ metadata: { name, namespace = "" } }) =>
      kubectl("-n", namespace, "logs", name, "-c", MAIN_CONTAINER).catch(() => ""),
    ),
  );
  return logs
    .flatMap((log) => [...log.matchAll(/\+I\[(\d+)\]$/gm)].map(([, number]) => Number(number)))
    .sort((a, b) => a - b);
}
