import type { Scenario, Step } from "../scenario.ts";
import type { World } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { takeSavepoint } from "./otherWriter.ts";
import { edit } from "./resource.ts";
import { deploy, healthy, isRunning, launches, severalCheckpointsMs, upgrade } from "./steps.ts";

const restart: Step = {
  name: "request a restart",
  act: (world) => edit(world, { restartNonce: 1 }),
  until: (view) => isRunning("--edition;1")(view) && launches(view) >= 2,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

const redeployFrom = (world: World, initialSavepointPath: string): void =>
  edit(world, { job: { initialSavepointPath, savepointRedeployNonce: 1 } });

/**
 * Back to the savepoint of the first edition: the user gives up newer state. Where the upgrade took none, since its job was not
 * running, the user takes one by hand.
 */
const redeploy: Step = {
  name: "redeploy from the first savepoint",
  act: (world) => {
    const [savepoint] = world.storage.snapshots.filter(({ kind }) => kind === "savepoint");
    if (savepoint === undefined) takeSavepoint(world, (path) => redeployFrom(world, path));
    else redeployFrom(world, savepoint.path);
  },
  until: (view) => isRunning("--edition;2")(view) && launches(view) >= 3,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

export const workloads: readonly Scenario[] = [
  { name: "restart-nonce", steps: [deploy("last-state"), restart], ...healthy },
  { name: "redeploy-nonce", steps: [deploy("savepoint"), upgrade, redeploy], ...healthy, stateful: false },
  {
    name: "upgrade-old-checkpoint",
    steps: [
      deployWith("last-state", {
        "execution.checkpointing.interval": "1 h",
        "kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age": "10 s",
      }),
      upgrade,
    ],
    ...healthy,
  },
];
