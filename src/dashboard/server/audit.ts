import type { Logger } from "../../telemetry/log.ts";

/** One line for each write: who did what to which resource, and what came of it. */
export interface AuditEntry {
  readonly user: string;
  readonly address: string;
  readonly action: string;
  readonly cluster: string;
  readonly namespace?: string | undefined;
  readonly plural?: string | undefined;
  readonly name?: string | undefined;
}

export interface Audit {
  /** Writes the line when it is known what came of it, and passes the result on. */
  around<Result>(entry: AuditEntry, act: () => Promise<Result>): Promise<Result>;
}

export function createAudit(log: Logger): Audit {
  const write = (entry: AuditEntry, outcome: string): void =>
    log.info({ audit: true, ...entry, outcome }, "audit");
  return {
    async around(entry, act) {
      try {
        const result = await act();
        write(entry, "done");
        return result;
      } catch (error) {
        const { status, message } = error as { status?: number; message?: string };
        write(entry, `refused: ${status ?? 500} ${message ?? ""}`.trim());
        throw error;
      }
    },
  };
}
