/** A mutant, the plan that killed it and the invariant that the plan violated. */
export interface KilledMutant {
  name: string;
  fault: string;
  plan: string;
  invariant: string;
}
