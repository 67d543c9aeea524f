import { createReadStream, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { counterJar } from "../../../images/job.ts";
import { newestFlink } from "../../../images/versions.ts";
import { createFlinkClient, type FlinkClient } from "../../../src/flink/client.ts";
import { eventually } from "../../support/eventually.ts";
import { type FlinkCluster, startFlinkCluster } from "../../support/flinkCluster.ts";
import { type Postgres, startPostgres } from "../../support/postgres.ts";
import { startAutoscaler } from "./autoscalerProcess.ts";

/** The standalone autoscaler, a real Flink, and a real PostgreSQL: a job that cannot keep up gets another subtask. */

const jobId = "00000000000000000000000000000a5c";
/** As the administrator of the cluster sets them, for all its jobs. */
const ofTheCluster = { "job.autoscaler.enabled": "true", "job.autoscaler.vertex.max-parallelism": "2" };
/** Decisions as soon as the options permit. */
const ofTheProcess = {
  "autoscaler.standalone.fetcher.flink-cluster.host": "127.0.0.1",
  "autoscaler.standalone.control-loop.interval": "1 s",
  "autoscaler.standalone.state-store.type": "JDBC",
  "autoscaler.standalone.event-handler.type": "JDBC",
  "autoscaler.standalone.jdbc.username": "postgres",
  "job.autoscaler.stabilization.interval": "1 s",
  "job.autoscaler.metrics.window": "4 s",
  "job.autoscaler.catch-up.duration": "0 s",
  "job.autoscaler.utilization.target": "0.5",
  "job.autoscaler.utilization.max": "0.7",
  "job.autoscaler.vertex.max-parallelism": "9",
};

let flink: FlinkCluster;
let postgres: Postgres;
let rest: FlinkClient;
beforeAll(async () => {
  [flink, postgres] = await Promise.all([
    startFlinkCluster(newestFlink, 2, {
      "jobmanager.scheduler": "adaptive",
      "jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling": "0 s",
      "jobmanager.adaptive-scheduler.rescale-trigger.max-delay": "0 s",
      "execution.checkpointing.interval": "1 s",
      "web.refresh-interval": "500",
      "metrics.fetcher.update-interval": "500",
      ...ofTheCluster,
    }),
    startPostgres(),
  ]);
  rest = createFlinkClient();
});
afterAll(async () => {
  await Promise.all([flink?.close(), postgres?.close(), rest?.close()]);
});

describe(`Flink ${newestFlink.version} without Kubernetes`, () => {
  it("a job that cannot keep up is scaled in place, and the decision is in the database", async () => {
    const at = { host: "127.0.0.1", port: flink.port };
    const jar = await counterJar();
    const { size } = statSync(jar);
    const jarId = await rest.uploadJar(at, { name: "counter.jar", size, body: createReadStream(jar) });
    await rest.runJar(at, jarId, {
      jobId,
      entryClass: "org.example.flink.counter.CounterJob",
      programArgs: ["--rate", "60", "--work-millis", "20"],
      parallelism: 1,
      flinkVersion: "v2_3",
      allowNonRestoredState: false,
      savepointPath: undefined,
      flinkConfiguration: {},
    });
    const options = {
      ...ofTheProcess,
      "autoscaler.standalone.fetcher.flink-cluster.port": String(flink.port),
      "autoscaler.standalone.jdbc.url": `jdbc:postgresql://127.0.0.1:${postgres.port}/postgres`,
    };
    const args = Object.entries(options).map(([key, value]) => `--${key}=${value}`);
    const autoscaler = await startAutoscaler(args, { JDBC_PWD: "s3cret" });
    try {
      const parallelism = async () =>
        (await rest.vertices(at, jobId)).map((vertex) => vertex.parallelism).sort();
      await eventually(
        "the worker has a parallelism of 2",
        async () => JSON.stringify(await parallelism()) === "[1,1,2]",
        60_000,
      );
      const bounds = Object.values((await rest.resourceRequirements(at, jobId)) ?? {});
      expect(
        bounds.map(({ parallelism: { lowerBound, upperBound } }) => [lowerBound, upperBound]).sort(),
      ).toEqual([
        [1, 1],
        [1, 1],
        [1, 2],
      ]);
      const rows = await postgres.database.query(
        "SELECT job_key, state_type FROM t_flink_autoscaler_state_store ORDER BY state_type",
      );
      expect(rows.map(({ job_key }) => job_key)).toEqual(rows.map(() => jobId));
      expect(rows.map(({ state_type }) => state_type)).toEqual(
        expect.arrayContaining([
          "collectedMetrics",
          "parallelismOverrides",
          "scalingHistory",
          "scalingTracking",
        ]),
      );
      await eventually("both events are there", async () => {
        const found = await postgres.database.query(
          "SELECT DISTINCT reason FROM t_flink_autoscaler_event_handler WHERE reason <> 'AutoscalerError' ORDER BY 1",
        );
        return found.map(({ reason }) => reason).join() === "Scaling,ScalingReport";
      });
      expect(await autoscaler.get("health", "/ready")).toEqual({ status: 200, text: "OK" });
      const { text } = await autoscaler.get("metrics", "/metrics");
      expect(text).toMatch(/AutoScaler_scalings\{[^}]*resourcename="[^"]*00a5c"[^}]*\} [1-9]/);
    } catch (error) {
      throw new Error(`${autoscaler.output()}\n${flink.log().slice(-3_000)}`, { cause: error });
    } finally {
      expect(await autoscaler.end()).toBe(0);
    }
    expect(autoscaler.output()).not.toContain("s3cret");
  }, 90_000);
});
