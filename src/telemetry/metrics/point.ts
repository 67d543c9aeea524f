import type { Labels } from "./labels.ts";

/** One value, with the name under which it is served: of a histogram and a summary also with a suffix. */
export interface Point {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}
