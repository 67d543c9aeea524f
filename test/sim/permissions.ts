import type { ResourceType } from "../../src/api/kubernetes.ts";
import { namespacePermissions, type Verb } from "../../src/controllers/permissions.ts";
import type { KubeApi } from "../../src/kube/api.ts";
import { KubeError } from "../../src/kube/errors.ts";
import { grantOf, grantsOf } from "../support/grants.ts";

/** The permissions of the chart's role in a namespace, one entry for each verb of each resource. */
export const granted: ReadonlySet<string> = grantsOf(namespacePermissions);

/** Those that no run of this suite uses, as the declaration says. */
export const notExercised: ReadonlySet<string> = grantsOf(
  namespacePermissions.filter(
    ({ inScenarios, unobservedReason: reason }) => inScenarios || reason !== undefined,
  ),
);

/** The permissions that were used so far, in all runs of this process. */
export const used = new Set<string>();

function requirePermission({ group, plural }: ResourceType, verb: Verb, subresource?: string): void {
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

/** The same API server for a client that has only the permissions of the chart's role. */
export function withPermissions(kube: KubeApi): KubeApi {
  return {
    async get(type, ...rest) {
      requirePermission(type, "get");
      return kube.get(type, ...rest);
    },
    async list(type, ...rest) {
      requirePermission(type, "list");
      return kube.list(type, ...rest);
    },
    async newestVersion(type, ...rest) {
      requirePermission(type, "list");
      return kube.newestVersion(type, ...rest);
    },
    async create(type, ...rest) {
      requirePermission(type, "create");
      return kube.create(type, ...rest);
    },
    async apply(type, ...rest) {
      requirePermission(type, "patch");
      // The API server requires it where the object does not exist yet.
      requirePermission(type, "create");
      return kube.apply(type, ...rest);
    },
    async replaceStatus(type, ...rest) {
      requirePermission(type, "update", "status");
      return kube.replaceStatus(type, ...rest);
    },
    async mergePatch(type, ...rest) {
      requirePermission(type, "patch");
      return kube.mergePatch(type, ...rest);
    },
    async jsonPatch(type, ...rest) {
      requirePermission(type, "patch");
      return kube.jsonPatch(type, ...rest);
    },
    async delete(type, ...rest) {
      requirePermission(type, "delete");
      return kube.delete(type, ...rest);
    },
    async podLog(...rest) {
      requirePermission({ group: "", version: "v1", kind: "Pod", plural: "pods" }, "get", "log");
      return kube.podLog(...rest);
    },
    async *watch(type, ...rest) {
      requirePermission(type, "watch");
      yield* kube.watch(type, ...rest);
    },
  };
}
