import type { KubeObject } from "../../src/api/kubernetes.ts";
import type { KubeApi } from "../../src/kube/api.ts";
import { KubeError } from "../../src/kube/errors.ts";
import { type LeaseSpec, specOf } from "../../src/runtime/leaderElection/lease.ts";

/** The Leases of an API server: what leader election asks of it, answered at once. */
export interface LeaseServer {
  /** The client of one process. */
  api(writer: string): Pick<KubeApi, "get" | "create" | "mergePatch">;
  lease(name: string): KubeObject | undefined;
  names(): string[];
  /** Somebody writes the lease, whatever it was. */
  put(name: string, spec: LeaseSpec): void;
}

/** `onWrite`: called before each write takes effect. */
export function leaseServer(
  onWrite: (writer: string, before: KubeObject | undefined, spec: LeaseSpec) => void = () => {},
): LeaseServer {
  const leases = new Map<string, KubeObject>();
  let version = 0;

  function put(name: string, spec: LeaseSpec): KubeObject {
    version += 1;
    const lease = { metadata: { name, namespace: "ops", resourceVersion: String(version) }, spec };
    leases.set(name, lease);
    return structuredClone(lease);
  }

  return {
    api: (writer) => ({
      async get(_, __, name) {
        const lease = leases.get(name);
        if (lease === undefined) throw new KubeError(404, "NotFound", `no ${name}`);
        return structuredClone(lease);
      },
      async create(_, { metadata: { name }, spec }) {
        if (leases.has(name)) throw new KubeError(409, "AlreadyExists", "there is one");
        onWrite(writer, undefined, spec as LeaseSpec);
        return put(name, spec as LeaseSpec);
      },
      async mergePatch(_, __, name, patch) {
        const { metadata, spec } = patch as KubeObject & { spec: LeaseSpec };
        const lease = leases.get(name);
        if (lease === undefined) throw new KubeError(404, "NotFound", `no ${name}`);
        // As the API server does: only a patch that names a version is locked.
        if (![undefined, lease.metadata.resourceVersion].includes(metadata?.resourceVersion))
          throw new KubeError(409, "Conflict", "it has changed");
        onWrite(writer, lease, spec);
        return put(name, { ...specOf(lease), ...spec });
      },
    }),
    lease: (name) => leases.get(name),
    names: () => [...leases.keys()].sort(),
    put,
  };
}
