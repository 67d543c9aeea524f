import { redactSecrets } from "../../../api/redact.ts";
import type { TopView } from "../../../views/topView.ts";
import type { CheckpointSummary, JobGraph, ResourcePage } from "../../contract.ts";

/** Flink's answers as the page shows them. Fields that another version of Flink has not are left out. */

const iso = (ms: unknown): string => new Date(Number(ms ?? 0) || 0).toISOString();

interface CheckpointsAnswer {
  readonly counts?: Readonly<Record<string, number>>;
  readonly history?: readonly {
    readonly id: number;
    readonly status: string;
    readonly is_savepoint?: boolean;
    readonly trigger_timestamp?: number;
    readonly state_size?: number;
    readonly end_to_end_duration?: number;
    readonly failure_message?: string;
  }[];
}

/** Of GET /jobs/:id/checkpoints. */
export function checkpointsOf(answer: unknown): CheckpointSummary {
  const { counts = {}, history = [] } = answer as CheckpointsAnswer;
  return {
    completed: counts.completed ?? 0,
    failed: counts.failed ?? 0,
    restored: counts.restored ?? 0,
    history: history.map((each) => ({
      id: each.id,
      at: iso(each.trigger_timestamp),
      status: each.status,
      durationMs: Math.max(0, each.end_to_end_duration ?? 0),
      bytes: Math.max(0, each.state_size ?? 0),
      isSavepoint: each.is_savepoint === true,
      ...(each.failure_message === undefined || each.failure_message === null
        ? {}
        : { failure: redactSecrets(each.failure_message) }),
    })),
  };
}

interface ExceptionsAnswer {
  readonly exceptionHistory?: {
    readonly entries?: readonly {
      readonly exceptionName?: string;
      readonly stacktrace?: string;
      readonly timestamp?: number;
      readonly taskName?: string | null;
    }[];
  };
}

const maxStack = 20_000;

/** Of GET /jobs/:id/exceptions. */
export const exceptionsOf = (answer: unknown): ResourcePage["exceptions"] =>
  ((answer as ExceptionsAnswer).exceptionHistory?.entries ?? []).map((entry) => ({
    at: iso(entry.timestamp),
    name: entry.exceptionName ?? "",
    stack: redactSecrets((entry.stacktrace ?? "").slice(0, maxStack)),
    ...(entry.taskName ? { task: entry.taskName } : {}),
  }));

interface JobAnswer {
  readonly vertices?: readonly {
    readonly id: string;
    readonly name: string;
    readonly parallelism: number;
    readonly status: string;
  }[];
  readonly plan?: {
    readonly nodes?: readonly {
      readonly id: string;
      readonly inputs?: readonly { readonly id: string; readonly ship_strategy?: string }[];
    }[];
  };
}

/** Of GET /jobs/:id, and the load of its vertices where it is known. */
export function graphOf(answer: unknown, load: TopView | undefined): JobGraph {
  const { vertices = [], plan } = answer as JobAnswer;
  return {
    vertices: vertices.map(({ id, name, parallelism, status }, at) => {
      const { busyMax, backPressure } = load?.vertices[at] ?? {};
      return {
        id,
        name,
        parallelism,
        status,
        ...(busyMax === undefined ? {} : { busy: busyMax }),
        ...(backPressure === undefined ? {} : { backPressured: backPressure }),
      };
    }),
    edges: (plan?.nodes ?? []).flatMap(({ id, inputs = [] }) =>
      inputs.map((input) => ({ from: input.id, to: id, ship: input.ship_strategy ?? "" })),
    ),
  };
}
