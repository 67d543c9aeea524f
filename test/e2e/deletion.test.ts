import { gone } from "./support/application.ts";
import { scenario } from "./support/scenario.ts";
import { until } from "./support/until.ts";

scenario("deleted while its image cannot be pulled", "delete-image", async ({ apply, step }) => {
  const app = await apply({ image: "localhost/nothing-of-that-name:1" });
  await until("the status names the image", async () =>
    (await app.status()).error?.includes("localhost/nothing-of-that-name:1"),
  );
  step("delete");
  await app.delete();
  await gone(app);
});

scenario("deleted before its job ever started", "delete-early", async ({ apply, step }) => {
  const nowhere = await apply({ podTemplate: { spec: { nodeSelector: { "example.org/no": "such-node" } } } });
  await until("the JobManager's pod waits for a node", async () => (await nowhere.pods()).length === 1);
  step("delete one whose pod has no node, and one that was only just applied");
  const early = await apply({}, "early");
  await Promise.all([nowhere.delete(), early.delete()]);
  await gone(nowhere);
  await gone(early);
});
