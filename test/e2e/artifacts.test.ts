import { expect } from "vitest";
import { startNodeJarServer } from "./support/hostServers.ts";
import { watchProblems } from "./support/problems.ts";
import { scenario } from "./support/scenario.ts";

scenario(
  "Flink fetches an application's jar from a private server",
  "httpjar",
  async ({ step, apply, history }) => {
    const header = { name: "X-Jar-Token", value: "private" };
    const server = await startNodeJarServer({ header });
    try {
      const job = { jarURI: `${server.url}/counter.jar`, entryClass: "org.example.flink.counter.CounterJob" };

      step("by http, which Flink has to be allowed");
      const app = await apply({ job });
      await watchProblems(history, app).reported("spec.job.jarURI", "user.artifacts.raw-http-enabled");
      expect(server.responses).toEqual([]);

      step("allowed, with the server's header");
      await app.edit({
        flinkConfiguration: {
          "user.artifacts.raw-http-enabled": "true",
          "user.artifacts.http-headers": `${header.name}:${header.value}`,
        },
      });
      await app.running();
      await app.counted(20);
      expect(server.responses).toEqual([{ path: "/counter.jar", status: 200 }]);
      expect(JSON.stringify(history.events)).not.toContain(header.value);
    } finally {
      await server.close();
    }
  },
  { turns: 2 },
);
