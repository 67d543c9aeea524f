/** What the last recorded run said of a mutant (test/sim/results/mutants.json). */
export interface MutantRecord {
  name: string;
  fault: string;
  /** Why no plan can notice it. */
  outOfReach?: string;
  /** The plan that killed it, and the invariant that the plan violated. Absent: none of those that ran. */
  plan?: string;
  invariant?: string;
  /** The unit test that failed. Absent: none of those that depend on the changed files. */
  unitTest?: UnitTest;
}

export interface UnitTest {
  /** From the root of the repository. */
  file: string;
  test: string;
}

export const isKilled = ({ plan, unitTest }: MutantRecord): boolean =>
  plan !== undefined || unitTest !== undefined;
