/** One measured figure beside its goal and the Java operator's (baseline). */
export interface Figure {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  readonly goal: number;
  /** As measured for the Java operator. */
  readonly java: string;
  /** A limit fails the run; a goal is reported, since this machine's speed is in it. */
  readonly hard: boolean;
}

export function describeFigure({ what, measured, unit, goal, java, hard }: Figure): string {
  const verdict = measured <= goal ? "ok" : hard ? "OVER THE LIMIT" : "goal missed";
  const value = Number.isInteger(measured) ? String(measured) : measured.toFixed(2);
  return `${what.padEnd(58)} ${value.padStart(8)} ${unit.padEnd(4)} ${hard ? "limit" : "goal "} ${String(goal).padStart(5)}  Java operator: ${java.padEnd(10)} ${verdict}`;
}
