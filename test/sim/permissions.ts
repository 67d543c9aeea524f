import type { ResourceType } from "../../src/api/kubernetes.ts";
import { namespacePermissions, type Verb } from "../../src/controllers/permissions.ts";
import type { KubeApi } from "../../src/kube/api.ts";
import { KubeError } from "../../src/kube/errors.ts";
import { grantOf, grantsOf } from "../support/grants.ts";

/** What the chart's role grants in a namespace, one entry for each verb of each resource. */
export const granted: ReadonlySet<string> = grantsOf(namespacePermissions);

/** What of it no run of this suite can show, as the declaration says. */
export const unseen: ReadonlySet<string> = grantsOf(
  namespacePermissions.filter(
    ({ inScenarios, unobservedReason: reason }) => inScenarios || reason !== undefined,
  ),
);

/** What was asked for so far, in all runs of this process. */
export const used = new Set<string>();

function need({ group, plural }: ResourceType, verb: Verb, subresource?: string): void {
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  const grant = grantOf(group, resource, verb);
  used.add(grant);
  if (granted.has(grant)) return;
  throw new KubeError(
    403,
    "Forbidden",
    `${resource} is forbidden: the chart's role does not grant ${verb} on it`,
  );
}

/** The same API server, to one who has the rights of the chart's role and no others. */
export function withRights(kube: KubeApi): KubeApi {
  return {
    async get(type, ...rest) {
      need(type, "get");
      return kube.get(type, ...rest);
    },
    async list(type, ...rest) {
      need(type, "list");
      return kube.list(type, ...rest);
    },
    async newestVersion(type, ...rest) {
      need(type, "list");
      return kube.newestVersion(type, ...rest);
    },
    async create(type, ...rest) {
      need(type, "create");
      return kube.create(type, ...rest);
    },
    async apply(type, ...rest) {
      need(type, "patch");
      // Asked for by the API server where the object is not there yet.
      need(type, "create");
      return kube.apply(type, ...rest);
    },
    async replaceStatus(type, ...rest) {
      need(type, "update", "status");
      return kube.replaceStatus(type, ...rest);
    },
    async mergePatch(type, ...rest) {
      need(type, "patch");
      return kube.mergePatch(type, ...rest);
    },
    async delete(type, ...rest) {
      need(type, "delete");
      return kube.delete(type, ...rest);
    },
    async podLog(...rest) {
      need({ group: "", version: "v1", kind: "Pod", plural: "pods" }, "get", "log");
      return kube.podLog(...rest);
    },
    async *watch(type, ...rest) {
      need(type, "watch");
      yield* kube.watch(type, ...rest);
    },
  };
}
