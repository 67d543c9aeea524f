import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { MAIN_CONTAINER } from "../../src/api/v1beta1/names.ts";
import { JARS_DIRECTORY } from "../../src/config/jobJars.ts";
import type { Application } from "./support/application.ts";
import { kubectl } from "./support/commands.ts";
import { connectorJar } from "./support/connectorJar.ts";
import { counterArgs, DATA } from "./support/counter.ts";
import { nodeCertificate, startNodeJarServer } from "./support/hostServers.ts";
import { watchProblems } from "./support/problems.ts";
import { scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

const script = `CREATE FUNCTION doubled AS 'org.example.flink.connector.Doubled';
CREATE TABLE numbers (n BIGINT) WITH (
  'connector' = 'datagen', 'rows-per-second' = '20',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '50000');
CREATE TABLE doubles (n BIGINT) WITH ('connector' = 'example');
INSERT INTO doubles SELECT doubled(n) FROM numbers;
`;

/** From an authority that nobody knows: the operator and the pods are told to trust it. */
const certificate = await nodeCertificate();

const header = { name: "X-Jar-Token", value: "private" };

scenario(
  "a connector jar is fetched by https into all pods, and one that is not there stops no job",
  "jars",
  async ({ step, apply, namespace, history }) => {
    const jar = await connectorJar();
    const server = await startNodeJarServer({ header, tls: certificate, jars: { "connector.jar": jar } });
    try {
      const sha256 = createHash("sha256")
        .update(await readFile(jar))
        .digest("hex");
      const jars = [{ uri: `${server.url}/connector.jar`, sha256 }];
      expect(server.url).toMatch(/^https:/);
      await writeFile(join(namespace.directory, "ca.crt"), server.ca);
      step("first deployment");
      const app = await apply({
        flinkConfiguration: {
          [`kubernetes.operator.user.artifacts.http.header.${header.name}`]: header.value,
        },
        podTemplate: {
          spec: {
            containers: [
              {
                name: MAIN_CONTAINER,
                env: [{ name: "NODE_EXTRA_CA_CERTS", value: `${DATA}/ca.crt` }],
                volumeMounts: [{ name: "data", mountPath: DATA }],
              },
            ],
          },
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

      step("beside a job's own jar");
      await app.edit({
        job: {
          sql: null,
          jarURI: "local:///opt/flink/usrlib/counter.jar",
          args: counterArgs({}),
          upgradeMode: "stateless",
          jars,
        },
      });
      await until("a job of the jar runs", async () => (await app.running()).jid !== second.jid);
      await app.counted(20);
      for (const component of ["jobManager", "taskManager"] as const)
        expect(await checksumIn(app, component)).toBe(sha256);
      // Flink writes the URL anew.
      expect(JSON.stringify(await app.flink.get("/jobmanager/config"))).toContain(
        `file:${JARS_DIRECTORY}/0-connector.jar`,
      );
      expect(history.events.filter(({ reason }) => reason === "JarNotVerified")).toEqual([]);
      expect(new Set(server.responses.map(({ status }) => status))).toEqual(new Set([200]));
    } finally {
      await server.close();
    }
  },
  {
    ownOperator: () => ({
      "kubernetes.operator.user.artifacts.disallow-restricted-hosts": "false",
    }),
    trusted: certificate.ca,
  },
);

/** The checksum of a jar in the running pod. */
async function checksumIn(app: Application, component: "jobManager" | "taskManager"): Promise<string> {
  const pods = await app.pods(component);
  const pod = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  const { name = "", namespace = "" } = pod?.metadata ?? {};
  const command = ["sha256sum", `${JARS_DIRECTORY}/0-connector.jar`];
  const line = await kubectl("-n", namespace, "exec", name, "-c", MAIN_CONTAINER, "--", ...command);
  return line.split(" ")[0] ?? "";
}

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
