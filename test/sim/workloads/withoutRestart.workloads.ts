import { resourceTypes } from "../../../src/api/kubernetes.ts";
import type { Scenario, Step, View } from "../scenario.ts";
import { namespace } from "../world/world.ts";
import { deployWith } from "./configured.ts";
import { edit, resourceName } from "./resource.ts";
import { healthy, isRunning, launches, remove, resume, severalCheckpointsMs, suspend } from "./steps.ts";

const hostOf = (view: View): string | undefined => {
  const ingress = view.world.server.find(resourceTypes.ingress, namespace, resourceName);
  return (ingress?.spec as { rules: { host?: string }[] } | undefined)?.rules[0]?.host;
};

const neverRestarted = (view: View): boolean => launches(view) === 1;

const editIngress = (host: string | undefined): Step => ({
  name: `change the ingress to ${host}`,
  act: (world) => edit(world, { ingress: host === undefined ? null : { template: host } }),
  until: (view) => isRunning("--edition;1")(view) && neverRestarted(view) && hostOf(view) === host,
  thenWaitMs: severalCheckpointsMs,
});

const routeOf = (view: View): { hostnames?: string[] } | undefined =>
  view.world.server.find(resourceTypes.httpRoute, namespace, resourceName)?.spec as { hostnames?: string[] };

const revertedByOperator = (name: string, act: NonNullable<Step["act"]>): Step => ({
  name,
  act,
  until: (view) => isRunning("--edition;1")(view) && neverRestarted(view) && hostOf(view) === "a.example.com",
  thenWaitMs: severalCheckpointsMs,
});

const manualEdit = { rules: [{ host: "elsewhere.example.com" }] };

const isRouted = (view: View): boolean =>
  neverRestarted(view) && hostOf(view) === undefined && routeOf(view)?.hostnames?.[0] === "b.example.com";

export const workloads: readonly Scenario[] = [
  {
    name: "repair-ingress",
    steps: [
      deployWith("savepoint", {}, { ingress: { template: "a.example.com" } }),
      revertedByOperator("change the Ingress by hand", ({ server }) => {
        server.mergePatch("user", resourceTypes.ingress, namespace, resourceName, { spec: manualEdit });
      }),
      revertedByOperator("delete the Ingress by hand", ({ server }) => {
        server.delete("user", resourceTypes.ingress, namespace, resourceName);
      }),
      revertedByOperator("remove the label of the Ingress", ({ server }) => {
        const patch = { metadata: { labels: { component: null } }, spec: manualEdit };
        server.mergePatch("user", resourceTypes.ingress, namespace, resourceName, patch);
      }),
      remove,
    ],
    ...healthy,
  },
  {
    name: "ingress-becomes-route",
    steps: [
      deployWith("savepoint", {}, { ingress: { template: "a.example.com" } }),
      {
        name: "set a Gateway",
        act: (world) =>
          edit(world, { ingress: { template: "b.example.com", parentRefs: [{ name: "edge" }] } }),
        until: isRouted,
        thenWaitMs: severalCheckpointsMs,
      },
      {
        name: "change the HTTPRoute by hand",
        act: ({ server }) => {
          const patch = { spec: { hostnames: ["elsewhere.example.com"] } };
          server.mergePatch("user", resourceTypes.httpRoute, namespace, resourceName, patch);
        },
        until: isRouted,
        thenWaitMs: severalCheckpointsMs,
      },
      {
        name: "remove the ingress",
        act: (world) => edit(world, { ingress: null }),
        until: (view) => neverRestarted(view) && routeOf(view) === undefined,
        thenWaitMs: severalCheckpointsMs,
      },
      remove,
    ],
    ...healthy,
  },
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
        name: "change fields that need no restart",
        act: (world) =>
          edit(world, {
            job: { upgradeMode: "last-state", allowNonRestoredState: true },
            flinkConfiguration: { "kubernetes.operator.savepoint.history.max.count": "3" },
          }),
        until: (view) => isRunning("--edition;1")(view) && neverRestarted(view),
        thenWaitMs: severalCheckpointsMs,
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
        name: "add an ingress",
        act: (world) => edit(world, { ingress: { template: "a.example.com" } }),
        until: (view) => view.settled && hostOf(view) === "a.example.com",
        thenWaitMs: severalCheckpointsMs,
      },
      resume,
    ],
    ...healthy,
  },
];
