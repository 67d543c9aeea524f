import type { KubeApi } from "../../src/kube/api.ts";
import type { Observer } from "./environment/observer.ts";
import type { FakeCluster } from "./fake/handle.ts";
import type { AuditLog } from "./measure/auditLog.ts";

/** What all parts of a run share. */
export interface World {
  /** With all permissions. */
  readonly kube: KubeApi;
  readonly fake: FakeCluster;
  readonly audit: AuditLog;
  readonly apiServerPid: number;
  /** Aborted when the run has to end. */
  readonly signal: AbortSignal;
}

/** A world with an operator, whose resources are watched. */
export interface MeasuredWorld extends World {
  readonly observer: Observer;
  readonly operatorPid: number;
}
