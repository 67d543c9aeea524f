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
  what: string;
}

/** What can go wrong with one call. */
export type Fault =
  /** The operator dies before the call has an effect, or after it and before the answer. */
  | "crash-before"
  | "crash-after"
  /** No connection: no effect. */
  | "refused"
  /** The effect happened, no answer ever comes: the deadline passes. */
  | "slow"
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

export type FaultPlan = (call: Call) => Fault | undefined;

/** An incarnation of the operator. Whatever it started ends with it. */
export interface Caller {
  actor: Actor;
  clock: Clock;
  crash(why: string): void;
}

/** A call's answers where a fault stands in for the real one. */
export interface Answers {
  refused(): Error;
  timeout(): Error;
  broken(): Error;
  status(status: 404 | 409 | 503): Error;
  /** For calls to a JobManager. */
  killJobManager?(): void;
}

/** The way between the operator and everything else: it takes time, it counts, and it is where faults happen. */
export class Network {
  readonly #plan: FaultPlan;
  readonly #journal: Journal;
  /** Those of the calls to JobManagers, by number, that change something. */
  readonly restWrites: number[] = [];
  #writes = 0;
  #rests = 0;

  constructor(journal: Journal, plan: FaultPlan) {
    this.#journal = journal;
    this.#plan = plan;
  }

  /** How many calls that change something have been sent. */
  get writes(): number {
    return this.#writes;
  }

  call<T>(
    caller: Caller,
    request: {
      what: string;
      mutates: boolean;
      to: "kubernetes" | "flink";
      oneWayMs: number;
      deadlineMs: number;
    },
    effect: () => T,
    answers: Answers,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      caller.clock.after(request.oneWayMs, () => {
        const call: Call = {
          write: request.mutates ? ++this.#writes : undefined,
          rest: request.to === "flink" ? ++this.#rests : undefined,
          actor: caller.actor,
          what: request.what,
        };
        if (call.rest !== undefined && call.write !== undefined) this.restWrites.push(call.rest);
        const fault = this.#plan(call);
        if (fault !== undefined) this.#journal.add({ event: "fault", note: `${fault}: ${call.what}` });
        const reply = (act: () => void, ms = request.oneWayMs): void => {
          caller.clock.after(ms, act);
        };
        const perform = (): { value: T } | { error: unknown } => {
          try {
            return { value: effect() };
          } catch (error) {
            return { error };
          }
        };
        switch (fault) {
          case undefined: {
            const outcome = perform();
            reply(() => ("value" in outcome ? resolve(outcome.value) : reject(outcome.error)));
            return;
          }
          case "crash-before":
            caller.crash(`before ${call.what}`);
            return;
          case "crash-after":
            perform();
            caller.crash(`after ${call.what}`);
            return;
          case "refused":
            reply(() => reject(answers.refused()));
            return;
          case "slow":
            perform();
            reply(() => reject(answers.timeout()), request.deadlineMs);
            return;
          case "lost-reply":
          case "half-body":
            perform();
            reply(() => reject(answers.broken()));
            return;
          case "jobmanager-restart":
            answers.killJobManager?.();
            reply(() => reject(answers.broken()));
            return;
          default:
            reply(() => reject(answers.status(fault)));
        }
      });
    });
  }
}
