import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isNotFound, KubeError } from "../../kube/errors.ts";
import { type Clock, sleep } from "../clock.ts";
import type { LeaseSpec, LeaseTiming, LeaseView } from "./lease.ts";

export interface LeaseRequestOptions {
  readonly api: Pick<KubeApi, "get" | "create" | "mergePatch">;
  readonly namespace: string;
  readonly name: string;
  readonly timing: LeaseTiming;
  readonly clock: Clock;
}

/** The requests about one Lease. Each is answered in time, or fails. */
export interface LeaseRequests {
  /** Undefined: there is none. */
  read(): Promise<KubeObject | undefined>;
  /** Refused if the lease is not as in the view any more. */
  write(view: LeaseView, spec: LeaseSpec): Promise<KubeObject>;
}

export function createLeaseRequests({
  api,
  namespace,
  name,
  timing,
  clock,
}: LeaseRequestOptions): LeaseRequests {
  const type = resourceTypes.lease;

  /** A hung request must leave time for another one. */
  async function withTimeout<Answer>(request: Promise<Answer>): Promise<Answer> {
    const deadline = new AbortController();
    const late = sleep(
      clock,
      Math.max(timing.retryPeriodMs, timing.renewDeadlineMs / 2),
      deadline.signal,
    ).then(() => {
      throw new KubeError(0, "Timeout", `no answer about the Lease ${namespace}/${name} in time`);
    });
    try {
      return await Promise.race([request, late]);
    } finally {
      late.catch(() => {});
      request.catch(() => {});
      deadline.abort();
    }
  }

  return {
    read: () =>
      withTimeout(api.get(type, namespace, name)).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      }),
    write: ({ lease }, spec) =>
      withTimeout(
        lease === undefined
          ? api.create(type, { metadata: { name, namespace }, spec })
          : api.mergePatch(type, namespace, name, {
              metadata: { resourceVersion: lease.metadata.resourceVersion },
              spec,
            }),
      ),
  };
}
