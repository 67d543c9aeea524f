import type { KubeObject } from "../../src/api/kubernetes.ts";
import type { JournalEntry } from "./world/journal.ts";
import type { World } from "./world/world.ts";

/** What happened from one step of the user to the next, or to the end of the run. */
export interface StepCourse {
  name: string;
  from: number;
  /** Milliseconds since the epoch, as `from`. */
  to: number;
  entries: readonly JournalEntry[];
}

export const stepsOf = ({ journal, clock }: World): StepCourse[] => {
  const steps = journal.of("step");
  return steps.map(({ note, at, index }, number) => {
    const next = steps[number + 1];
    const entries = journal.entries.slice(index + 1, next?.index);
    return { name: note, from: at, to: next?.at ?? clock.now(), entries };
  });
};

/** The objects that were stored, by revision. */
export const objectsByRevision = ({ store }: World): ReadonlyMap<number | undefined, KubeObject> =>
  new Map(store.history.map(({ revision, object }) => [revision, object]));

type Write = JournalEntry & { event: "kubernetes-write" };

export const isOperatorWrite = (entry: JournalEntry): entry is Write =>
  entry.event === "kubernetes-write" && entry.actor.startsWith("operator");

/** What was measured of an autoscaled job is stored each time, as the Java operator does. */
export const isSampleWrite = (entry: JournalEntry): boolean =>
  isOperatorWrite(entry) && entry.kind === "ConfigMap" && entry.name.startsWith("autoscaler-");

export const isUserWrite = (entry: JournalEntry): entry is Write =>
  entry.event === "kubernetes-write" && entry.actor === "user" && entry.outcome === "ok";
