import type { KubeObject } from "../api/kubernetes.ts";

export interface ActResult<Failure> {
  /** The resource as the last write returned it. */
  readonly resource: KubeObject;
  readonly failure: Failure | undefined;
}

/**
 * Performs the actions of a reconcile in order and stops at the first failure. `perform` resolves to the resource if the
 * action changed it. `describeFailure` rethrows every error that is not a failed API call.
 */
export async function actInOrder<Action, Failure>(
  actions: readonly Action[],
  resource: KubeObject,
  perform: (action: Action, resource: KubeObject) => Promise<KubeObject | undefined>,
  describeFailure: (action: Action, error: unknown) => Failure,
): Promise<ActResult<Failure>> {
  let current = resource;
  for (const action of actions) {
    try {
      current = (await perform(action, current)) ?? current;
    } catch (error) {
      return { resource: current, failure: describeFailure(action, error) };
    }
  }
  return { resource: current, failure: undefined };
}
