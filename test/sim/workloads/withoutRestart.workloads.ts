import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { edit, resourceName } from "./resource.ts";
import { aWhile, healthy, isRunning, launches, remove, resume, suspend } from "./steps.ts";

const hostOf = (view: View): string | undefined => {
  const ingress = view.world.server.find(resourceTypes.ingress, namespace, resourceName);
  return (ingress?.spec as { rules: { host?: string }[] } | undefined)?.rules[0]?.host;
};

const neverRestarted = (view: View): boolean => launches(view) === 1;

const editIngress = (host: string | undefined): Step => ({
  name: `change the ingress to ${host}`,
  act: (world) => edit(world, { ingress: host === undefined ? null : { template: host } }),
  until: (view) => isRunning("--edition;1")(view) && neverRestarted(view) && hostOf(view) === host,
  thenWaitMs: aWhile,
});

export const workloads: readonly Scenario[] = [
  {
    name: "edit-ingress",
    steps: [
      deployWith("savepoint", {}, { ingress: { template: "a.example.com" } }),
      editIngress("b.example.com"),
      editIngress(undefined),
      editIngress("c.example.com"),
      remove,
    ],
    ...healthy,
  },
  {
    name: "edit-what-needs-no-restart",
    steps: [
      deployWith("savepoint", {}),
      {
        name: "change what only the next upgrade minds",
        act: (world) =>
          edit(world, {
            job: { upgradeMode: "last-state", allowNonRestoredState: true },
            flinkConfiguration: { "kubernetes.operator.savepoint.history.max.count": "3" },
          }),
        until: (view) => isRunning("--edition;1")(view) && neverRestarted(view),
        thenWaitMs: aWhile,
      },
    ],
    ...healthy,
  },
  {
    name: "edit-ingress-while-suspended",
    steps: [
      deployWith("last-state", {}),
      suspend,
      {
        name: "ask for an ingress",
        act: (world) => edit(world, { ingress: { template: "a.example.com" } }),
        until: (view) => view.settled && hostOf(view) === "a.example.com",
        thenWaitMs: aWhile,
      },
      resume,
    ],
    ...healthy,
  },
];
