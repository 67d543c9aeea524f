import type { Logger } from "../../telemetry/log.ts";

/** One line for each write: who did what to which resource, and what came of it. */
export interface AuditEntry {
  readonly user: string;
  readonly address: string;
  readonly action: string;
  readonly cluster?: string | undefined;
  readonly namespace?: string | undefined;
  readonly plural?: string | undefined;
  readonly name?: string | undefined;
}

/** What is learnt of a write while it is answered. */
export interface AuditNotes {
  user?: string;
  action?: string;
  cluster?: string;
  /** Nothing was to be written, so there is no line. */
  isNone?: boolean;
}

export interface Audit {
  /** Writes the line when it is known what came of it, and passes the result on. `entry` is asked then; undefined: there is no line. */
  around<Result>(entry: () => AuditEntry | undefined, act: () => Promise<Result>): Promise<Result>;
}

export function createAudit(log: Logger): Audit {
  const write = (entry: AuditEntry | undefined, outcome: string): void => {
    if (entry !== undefined) log.info({ audit: true, ...entry, outcome }, "audit");
  };
  return {
    async around(entry, act) {
      try {
        const result = await act();
        write(entry(), "done");
        return result;
      } catch (error) {
        const { status, message } = error as { status?: number; message?: string };
        write(entry(), `refused: ${status ?? 500} ${message ?? ""}`.trim());
        throw error;
      }
    },
  };
}
