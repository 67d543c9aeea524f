/** A realistic mistake, as edits of the source. Planted in memory only: the files stay as they are. */
export interface Mutant {
  name: string;
  /** What the operator then does, for docs/reliability.md. */
  fault: string;
  edits: readonly Edit[];
  /** Where it is looked for first: workloads, then kinds of plans. The rest follows. */
  workloads: readonly string[];
  kinds: readonly string[];
  /** Why no plan can notice it: the simulation does not run this part of the operator. Absent: it does. */
  outOfReach?: string;
}

export interface Edit {
  /** Below src. */
  file: string;
  /** Stands there exactly once: a refactoring that moves it has to move the mutant too. */
  find: string;
  replace: string;
}

/** A mutant of a part that the simulation replaces or leaves out. Only unit tests can notice it. */
export const outOfReach = (outOfReach: string, mutant: Pick<Mutant, "name" | "fault" | "edits">): Mutant => ({
  ...mutant,
  workloads: [],
  kinds: [],
  outOfReach,
});
