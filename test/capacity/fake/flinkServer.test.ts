import { afterEach, describe, expect, it } from "vitest";
import { createFlinkClient, type FlinkClient } from "../../../src/flink/client.ts";
import { type FlinkServer, serveFlink } from "./flinkServer.ts";
import { createJobManagers, type JobManagers } from "./jobManagers.ts";

const id = "a".repeat(32);
let server: FlinkServer;
let client: FlinkClient;

async function serve(): Promise<JobManagers> {
  const jobManagers = createJobManagers();
  jobManagers.start("127.1.0.1", "job-1", { id, restoredFrom: undefined });
  jobManagers.start("127.1.0.2", "job-2", { id: "b".repeat(32), restoredFrom: undefined });
  server = await serveFlink(jobManagers, 0);
  client = createFlinkClient({ deadlineMs: 200 });
  return jobManagers;
}

const jobAt = async (host: string) => (await client.jobs({ host, port: server.port }))[0]?.id;

afterEach(async () => {
  await client.close();
  server.close();
});

describe("the REST of the fake JobManagers", () => {
  it("is that of the address which was connected to", async () => {
    await serve();
    expect(await jobAt("127.1.0.1")).toBe(id);
    expect(await jobAt("127.1.0.2")).toBe("b".repeat(32));
    expect(await jobAt("127.1.0.1")).toBe(id);
    expect(server.counts()).toEqual({ calls: { jobs: 3 }, connections: 2, open: 2 });
  });

  it("refuses where no pod runs", async () => {
    await serve();
    await expect(jobAt("127.1.0.3")).rejects.toThrow(/reset|hang up|closed/i);
  });

  it("hangs, and answers again", async () => {
    const jobManagers = await serve();
    server.closeOf(jobManagers.setMode("hung", ["job-1"]));
    await expect(jobAt("127.1.0.1")).rejects.toThrow("no answer within 200 ms");
    expect(await jobAt("127.1.0.2")).toBe("b".repeat(32));
    server.closeOf(jobManagers.setMode("answers", ["job-1"]));
    expect(await jobAt("127.1.0.1")).toBe(id);
  });

  it("refuses", async () => {
    const jobManagers = await serve();
    server.closeOf(jobManagers.setMode("refuses", ["job-1"]));
    await expect(jobAt("127.1.0.1")).rejects.toThrow(/reset|hang up|closed/i);
  });

  it("stops a job with a savepoint", async () => {
    await serve();
    const at = { host: "127.1.0.1", port: server.port };
    const triggerId = "c".repeat(32);
    await client.stopWithSavepoint(at, id, {
      triggerId,
      targetDirectory: "file:/sp",
      formatType: "CANONICAL",
      drain: false,
    });
    expect(await client.savepointStatus(at, id, triggerId)).toEqual({ state: "in-progress" });
  });
});
