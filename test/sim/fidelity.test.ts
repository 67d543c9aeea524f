import { test } from "vitest";
import { type KubeSite, kubeApiCases } from "../support/conformance/kubeApi.ts";
import { namespace, World } from "./world/world.ts";

// The same cases run against a real control plane in test/integration: where the two disagree, one of them fails.
for (const { name, run } of kubeApiCases) {
  test(`simulated Kubernetes: ${name}`, async () => {
    const world = new World({ seed: 1 });
    const site: KubeSite = {
      api: world.kubeFor(world.caller("operator")),
      namespace,
      async eventually(what, holds) {
        for (let polls = 0; polls < 200; polls++) {
          if (await holds()) return;
          await new Promise<void>((resolve) => world.clock.after(100, resolve));
        }
        throw new Error(`waited in vain: ${what}`);
      },
    };
    await world.run(run(site));
  });
}
