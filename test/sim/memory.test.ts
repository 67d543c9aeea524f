import { expect, test } from "vitest";
import { resourceTypes } from "../../src/api/kubernetes.ts";
import { FORCE_DELETE_ANNOTATION } from "../../src/api/v1beta1/names.ts";
import { playFaultFree } from "./families.ts";
import { forgetsWhatIsGone, ownTypes } from "./memoryOracle.ts";
import { workloads } from "./workloads/all.ts";
import { namespace, type World } from "./world/world.ts";

const ownResources = ({ server }: World) =>
  ownTypes.flatMap((type) => server.list(type).map(({ metadata: { name } }) => ({ type, name })));

/** A savepoint may have no JobManager any more that could dispose of it: its resource says so, and how to let it go. */
const forceDeletion = (world: World): void => {
  for (const { type, name } of ownResources(world))
    world.server.mergePatch("user", type, namespace, name, {
      metadata: { annotations: { [FORCE_DELETE_ANNOTATION]: "true" } },
    });
};

/** A lost node is removed, with the pods on it. */
const removeLostPods = ({ server }: World): void => {
  for (const { metadata } of server.list(resourceTypes.pod))
    server.mergePatch("user", resourceTypes.pod, namespace, metadata.name, {
      metadata: { finalizers: null },
    });
};

test.each(workloads.map(({ name }) => ({ name })))(
  "$name: nothing is kept for resources that are deleted",
  async ({ name }) => {
    const { world, operator } = await playFaultFree(name);
    const { clock, server } = world;
    for (const { type, name: of } of ownResources(world)) server.delete("user", type, namespace, of);
    const areGone = (): boolean => ownResources(world).length === 0;
    if (!(await clock.runUntil(areGone, clock.now() + 5 * 60_000))) forceDeletion(world);
    await world.until("all resources are gone", areGone);
    removeLostPods(world);
    // Until the last answers of JobManagers and watches have come.
    await clock.runFor(60_000);
    expect(operator.retained()).toEqual({});
    expect(forgetsWhatIsGone(world, operator.retained())).toEqual([]);
  },
);
