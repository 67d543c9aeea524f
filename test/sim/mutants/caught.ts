/** A planted mistake, the plan that noticed and the promise that it saw broken. */
export interface CaughtMutant {
  name: string;
  fault: string;
  plan: string;
  promise: string;
}
