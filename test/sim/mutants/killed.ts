/** A mutant, the plan that killed it and the promise that the plan saw broken. */
export interface KilledMutant {
  name: string;
  fault: string;
  plan: string;
  promise: string;
}
