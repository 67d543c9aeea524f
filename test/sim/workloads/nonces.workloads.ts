import type { Scenario, Step } from "../scenario.ts";
import { deployWith } from "./configured.ts";
import { edit } from "./resource.ts";
import { deploy, healthy, isRunning, launches, severalCheckpointsMs, upgrade } from "./steps.ts";

const restart: Step = {
  name: "request a restart",
  act: (world) => edit(world, { restartNonce: 1 }),
  until: (view) => isRunning("--edition;1")(view) && launches(view) >= 2,
  thenWaitMs: severalCheckpointsMs,
  replacesJob: true,
};

/** Back to the savepoint of the first edition: the user gives up newer state. */
const redeploy: Step = {
  name: "redeploy from the first savepoint",
  act: (world) => {
    const [savepoint] = world.storage.snapshots.filter(({ kind }) => kind === "savepoint");
    edit(world, { job: { initialSavepointPath: savepoint?.path ?? "none", savepointRedeployNonce: 1 } });
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
