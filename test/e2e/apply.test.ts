import { expect } from "vitest";
import { gone } from "./support/application.ts";
import { kubectl } from "./support/commands.ts";
import { scenario } from "./support/scenario.ts";

scenario("apply, look at it, delete it", "apply", async ({ apply, step, history, namespace, flink }) => {
  step("apply");
  const app = await apply();
  const { jid } = await app.running();
  expect((await app.resource()).status).toMatchObject({
    jobManagerDeploymentStatus: "READY",
    jobStatus: { jobId: jid, jobName: "counter", state: "RUNNING" },
    clusterInfo: { "flink-version": expect.stringMatching(`^${flink.version}`) },
    conditions: expect.arrayContaining([
      expect.objectContaining({ type: "Running", status: "True" }),
      expect.objectContaining({ type: "Ready", status: "True" }),
    ]),
  });

  step("checkpoints complete, the count rises, and Flink's REST is reachable through the Service");
  await app.checkpointed();
  const { count } = await app.counted(20);
  await app.counted(count + 20);

  step("the job's logs");
  const log = await kubectl("-n", namespace.name, "logs", "deployment/counter");
  expect(log).toContain(`${jid}`);
  expect(log).toMatch(/Completed checkpoint \d+ for job/);
  const line = await kubectl("-n", namespace.name, "get", "flinkdeployment", "counter", "--no-headers");
  expect(line).toMatch(/^counter\s+RUNNING\s+STABLE/);

  step("delete");
  expect(history.problems()).toEqual([]);
  await app.delete();
  await gone(app);
  expect(history.problems()).toEqual([]);
});
