import { expect } from "vitest";
import { story } from "./support/story.ts";
import { until } from "./support/until.ts";

story("an image that cannot be pulled is named, once", "bad-image", async ({ apply, history }) => {
  const app = await apply({ image: "localhost/nothing-of-that-name:1" });
  await until("the status names the image", async () =>
    (await app.status()).error?.includes("localhost/nothing-of-that-name:1"),
  );
  const warnings = history.events.filter(({ type, involvedObject }) => {
    return type === "Warning" && involvedObject.kind === "FlinkDeployment";
  });
  expect(warnings).toHaveLength(1);
});
