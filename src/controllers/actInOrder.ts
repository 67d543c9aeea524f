import type { KubeObject } from "../api/kubernetes.ts";

export interface Acted<Failure> {
  /** The resource as the last write left it. */
  readonly resource: KubeObject;
  readonly failure: Failure | undefined;
}

/**
 * Performs the actions of a pass in order and stops at the first that fails. `perform` resolves to the resource where the
 * action changed it; `describeFailure` throws what is no failure of an act.
 */
export async function actInOrder<Action, Failure>(
  actions: readonly Action[],
  resource: KubeObject,
  perform: (action: Action, resource: KubeObject) => Promise<KubeObject | undefined>,
  describeFailure: (action: Action, error: unknown) => Failure,
): Promise<Acted<Failure>> {
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
