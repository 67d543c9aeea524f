import type { Clock } from "../../../src/runtime/clock.ts";
import type { Actor, Journal } from "./journal.ts";

/** One request of the operator to the API server or to a JobManager. */
export interface Call {
  /** Number of this write in the run, from 1. Undefined for reads and dry runs. */
  write: number | undefined;
  /** Number of this call to a JobManager in the run, from 1. */
  rest: number | undefined;
  /** Number of this call to the API server in the run, from 1. */
  api: number | undefined;
  actor: Actor;
  /** "create ConfigMap flink-config-a", "stopWithSavepoint <job id>". */
  operation: string;
}

/** The fault that one call meets. */
export type Fault =
  /** The operator dies before the call has an effect, or after it and before the response. */
  | "crash-before"
  | "crash-after"
  /** No connection: no effect. */
  | "refused"
  /** The connection is accepted, there is no effect and no response: the deadline passes. */
  | "silent"
  /** The response arrives just before the deadline. */
  | "slow"
  /** The effect happens, the response would arrive after the deadline. */
  | "overdue"
  /** The connection breaks, and the request takes effect long after that. */
  | "late"
  /** The effect happens, and the connection breaks before the response. */
  | "lost-reply"
  /** The effect happens, and the connection breaks in the middle of the response. */
  | "half-body"
  /** An error response, no effect. */
  | 404
  | 409
  | 429
  | 500
  | 503
  /** Somebody else writes the object just before the call arrives. */
  | "conflict"
  /** The JobManager dies when the call arrives. */
  | "jobmanager-restart";

type Outcome<T> = { value: T } | { error: unknown };

/** A call to a JobManager, and its outcome. */
export interface RestCall extends Call {
  rest: number;
  at: number;
  outcome: Outcome<unknown>;
  /** The number of journal entries at that time. */
  journalLength: number;
}

export type FaultPlan = (call: Call) => Fault | undefined;

/** A client process, such as an incarnation of the operator. Its timers end with it. */
export interface Caller {
  actor: Actor;
  clock: Clock;
  crash(reason: string): void;
}

/** The responses to calls that meet a fault. */
export interface FaultResponses {
  refused(): Error;
  timeout(): Error;
  broken(): Error;
  status(status: 404 | 409 | 429 | 500 | 503): Error;
  /** For writes to the API server. False: there is no such object. */
  writeElsewhere?(): boolean;
  /** For calls to a JobManager. */
  killJobManager?(): void;
  hangs?(): boolean;
}

/** Long enough for another object of the same name to be created. */
const lateMs = 20_000;

/** The network between the operator and everything else: it delays and counts calls, and injects faults. */
export class Network {
  readonly #plan: FaultPlan;
  readonly #journal: Journal;
  readonly #restCalls: RestCall[] = [];
  #writes = 0;
  #kubernetesCalls = 0;
  #restCallCount = 0;

  constructor(journal: Journal, plan: FaultPlan) {
    this.#journal = journal;
    this.#plan = plan;
  }

  /** The number of writes so far. */
  get writes(): number {
    return this.#writes;
  }

  /** The number of calls to the API server so far. */
  get kubernetesCalls(): number {
    return this.#kubernetesCalls;
  }

  /** The calls to JobManagers without a fault. */
  get restCalls(): readonly RestCall[] {
    return this.#restCalls;
  }

  call<T>(
    caller: Caller,
    request: {
      operation: string;
      mutates: boolean;
      to: "kubernetes" | "flink";
      oneWayMs: number;
      deadlineMs: number;
    },
    effect: () => T,
    responses: FaultResponses,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      caller.clock.after(request.oneWayMs, () => {
        const call: Call = {
          write: request.mutates ? ++this.#writes : undefined,
          rest: request.to === "flink" ? ++this.#restCallCount : undefined,
          api: request.to === "kubernetes" ? ++this.#kubernetesCalls : undefined,
          actor: caller.actor,
          operation: request.operation,
        };
        const planned = this.#plan(call);
        const fault = planned ?? (responses.hangs?.() ? "silent" : undefined);
        if (planned !== undefined)
          this.#journal.add({ event: "fault", note: `${planned}: ${call.operation}` });
        const reply = (act: () => void, ms = request.oneWayMs): void => {
          caller.clock.after(ms, act);
        };
        const settle = (outcome: Outcome<T>): void =>
          "value" in outcome ? resolve(outcome.value) : reject(outcome.error);
        const perform = (): Outcome<T> => {
          try {
            return { value: effect() };
          } catch (error) {
            return { error };
          }
        };
        switch (fault) {
          case undefined: {
            const outcome = perform();
            if (call.rest !== undefined)
              this.#restCalls.push({
                ...call,
                rest: call.rest,
                at: caller.clock.now(),
                outcome,
                journalLength: this.#journal.entries.length,
              });
            reply(() => settle(outcome));
            return;
          }
          case "crash-before":
            caller.crash(`before ${call.operation}`);
            return;
          case "crash-after":
            perform();
            caller.crash(`after ${call.operation}`);
            return;
          case "refused":
            reply(() => reject(responses.refused()));
            return;
          case "silent":
            reply(() => reject(responses.timeout()), request.deadlineMs);
            return;
          case "slow": {
            const outcome = perform();
            reply(() => settle(outcome), request.deadlineMs * 0.9);
            return;
          }
          case "overdue":
            perform();
            reply(() => reject(responses.timeout()), request.deadlineMs);
            return;
          case "late":
            caller.clock.after(lateMs, perform);
            reply(() => reject(responses.broken()));
            return;
          case "lost-reply":
          case "half-body":
            perform();
            reply(() => reject(responses.broken()));
            return;
          case "jobmanager-restart":
            responses.killJobManager?.();
            reply(() => reject(responses.broken()));
            return;
          case "conflict": {
            // A create conflicts with nobody's object; a quota that somebody else updates refuses it in the same words.
            if (!responses.writeElsewhere?.()) {
              reply(() => reject(responses.status(409)));
              return;
            }
            const outcome = perform();
            reply(() => settle(outcome));
            return;
          }
          default:
            reply(() => reject(responses.status(fault)));
        }
      });
    });
  }
}
