import { asFlinkDeployment } from "../../src/api/v1beta1/flinkdeployment.ts";
import { createFlinkClient } from "../../src/flink/client.ts";
import { flinkRestScripts } from "../support/conformance/flinkRest.ts";
import { application } from "./support/application.ts";
import { launchByHand, restEndpoint, takeDownByHand } from "./support/byHand.ts";
import { aCounter, DATA } from "./support/counter.ts";
import { scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

// The same scripts run against the simulation (test/sim/fidelity.test.ts). The operator has no part in this: it would
// answer to what the scripts do to the job.

const eventually = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  await until(what, holds);
};
const jobId = "1".repeat(32);

for (const { name, run } of flinkRestScripts) {
  scenario(
    `real Flink: a job ${name}`,
    "conformance",
    async ({ flink, namespace }) => {
      const change = { flinkConfiguration: { "high-availability.type": null } };
      const object = aCounter(flink, namespace.directory, { change });
      const resource = asFlinkDeployment({
        ...object,
        metadata: { name: "counter", namespace: namespace.name },
      });
      await launchByHand(resource, { jobId, restore: { kind: "none" } });
      await application(namespace, "counter").counted(1);
      const rest = createFlinkClient();
      try {
        const endpoint = await restEndpoint(namespace.name, "counter");
        const savepointDirectory = `file://${DATA}/savepoints`;
        await run({ rest, endpoint, jobId, savepointDirectory, eventually });
      } finally {
        await rest.close();
      }
      await takeDownByHand(namespace.name, "counter");
    },
    { turns: 2 },
  );
}
