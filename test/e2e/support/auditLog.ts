import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { localkube, root } from "./commands.ts";

/** What the API server notes of a request that was answered, as far as it is read here (audit.k8s.io/v1). */
interface AuditEvent {
  readonly requestReceivedTimestamp: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
  };
  readonly responseStatus?: { readonly code?: number; readonly message?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The requests of service accounts since `from` (RFC 3339). */
export async function* auditLog(from: string): AsyncGenerator<AuditEvent> {
  const { stdout } = spawn(localkube, ["logs", "audit"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: stdout })) {
    const event = JSON.parse(line) as AuditEvent;
    if (event.requestReceivedTimestamp >= from) yield event;
  }
}

/** For want of a right; whatever else is forbidden (in a namespace that is going, beyond a quota) no role would grant. */
export const isRefused = ({ annotations, responseStatus }: AuditEvent): boolean =>
  annotations?.["authorization.k8s.io/decision"] === "forbid" ||
  // Asked for by the admission plugin OwnerReferencesPermissionEnforcement.
  responseStatus?.message?.includes("cannot set blockOwnerDeletion") === true;
