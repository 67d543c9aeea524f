import type { Clock } from "../../../src/runtime/clock.ts";
import type { Actor, Journal } from "./journal.ts";

/** One request of the operator on its way to the API server or to a JobManager. */
export interface Call {
  /** Counts the calls that change something, over the whole run, from 1. Absent for reads and dry runs. */
  write: number | undefined;
  /** Counts the calls to JobManagers, over the whole run, from 1. */
  rest: number | undefined;
  actor: Actor;
  /** "create ConfigMap flink-config-a", "stopWithSavepoint <job id>". */
  operation: string;
}

/** What can go wrong with one call. */
export type Fault =
  /** The operator dies before the call has an effect, or after it and before the answer. */
  | "crash-before"
  | "crash-after"
  /** No connection: no effect. */
  | "refused"
  /** The connection is made, nothing happens, no answer ever comes: the deadline passes. */
  | "silent"
  /** The answer comes just before the deadline. */
  | "slow"
  /** The effect happened, the answer would come after the deadline. */
  | "overdue"
  /** The connection breaks, and what was sent takes effect long after that. */
  | "late"
  /** The effect happened, the connection breaks instead of an answer. */
  | "lost-reply"
  /** The effect happened, the answer breaks off in the middle. */
  | "half-body"
  /** An error as the answer, no effect. */
  | 404
  | 409
  | 503
  /** The JobManager dies as the call arrives. */
  | "jobmanager-restart";

type Outcome<T> = { value: T } | { error: unknown };

/** A call to a JobManager, and what came of it. */
export interface RestCall extends Call {
  rest: number;
  outcome: Outcome<unknown>;
  /** How many entries the journal had then. */
  journalLength: number;
}

export type FaultPlan = (call: Call) => Fault | undefined;

/** An incarnation of the operator. Whatever it started ends with it. */
export interface Caller {
  actor: Actor;
  clock: Clock;
  crash(why: string): void;
}

/** A call's answers where a fault stands in for the real one. */
export interface FaultResponses {
  refused(): Error;
  timeout(): Error;
  broken(): Error;
  status(status: 404 | 409 | 503): Error;
  /** For calls to a JobManager. */
  killJobManager?(): void;
  hangs?(): boolean;
}

/** Long enough for another object of that name. */
const lateMs = 20_000;

/** The way between the operator and everything else: it takes time, it counts, and it is where faults happen. */
export class Network {
  readonly #plan: FaultPlan;
  readonly #journal: Journal;
  readonly #restCalls: RestCall[] = [];
  #writes = 0;
  #kubernetesCalls = 0;
  #rests = 0;

  constructor(journal: Journal, plan: FaultPlan) {
    this.#journal = journal;
    this.#plan = plan;
  }

  /** How many calls that change something have been sent. */
  get writes(): number {
    return this.#writes;
  }

  /** How many calls have been sent to the API server. */
  get kubernetesCalls(): number {
    return this.#kubernetesCalls;
  }

  /** The calls to JobManagers that met no fault. */
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
          rest: request.to === "flink" ? ++this.#rests : undefined,
          actor: caller.actor,
          operation: request.operation,
        };
        if (request.to === "kubernetes") this.#kubernetesCalls++;
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
          default:
            reply(() => reject(responses.status(fault)));
        }
      });
    });
  }
}
