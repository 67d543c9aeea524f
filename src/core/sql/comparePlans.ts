/** What a new SQL script does to the state of the running job, by the plans of both. */

/** An operator with state, as the SQL runner tells it. */
export interface ComparedOperator {
  /** 32 hexadecimal digits: a savepoint has the operator's state under it. */
  readonly id: string;
  /** What the operator computes, from which types. */
  readonly description: string;
}

/** Operators with state. Each of either plan is in exactly one list. */
export interface PlanComparison<Operator extends ComparedOperator> {
  /** The state goes on. */
  kept: Operator[];
  /**
   * Flink restores the state by the id, but the operator computes something else: it goes on from values of another meaning
   * (SUM to MAX: no error, wrong results), or fails on their type.
   */
  changed: { from: Operator; to: Operator }[];
  /** They start without state. */
  new: Operator[];
  /** Their state is dropped. */
  gone: Operator[];
}

/**
 * Compares the operators with state of two plans, or those that are not in both, by id and description. Ids depend on the shape of the
 * whole graph, so an operator whose query is untouched may be in `gone` and, with the same description, in `new`.
 */
export function compareOperators<Operator extends ComparedOperator>(
  running: readonly Operator[],
  next: readonly Operator[],
): PlanComparison<Operator> {
  const before = new Map(running.map((operator) => [operator.id, operator]));
  const comparison: PlanComparison<Operator> = { kept: [], changed: [], new: [], gone: [] };
  for (const to of next) {
    const from = before.get(to.id);
    before.delete(to.id);
    if (from === undefined) comparison.new.push(to);
    else if (from.description === to.description) comparison.kept.push(to);
    else comparison.changed.push({ from, to });
  }
  comparison.gone.push(...before.values());
  return comparison;
}

/** One line for each operator whose state is lost or no longer means the same; empty if all state is kept. */
export function stateLosses({ changed, new: added, gone }: PlanComparison<ComparedOperator>): string[] {
  const again = new Set(added.map(({ description }) => description));
  return [
    ...changed.map(({ from, to }) => `${to.description} would go on from the state of ${from.description}`),
    ...gone.map(({ description }) =>
      again.has(description)
        ? `${description} starts again without state, because the change moves it in the graph`
        : `the state of ${description} is dropped`,
    ),
  ];
}
