import type { LifecycleState } from "../../api/v1beta1/commonStatus.ts";

/** How long a way from one state to another took, or a state lasted. */
export interface LifecycleTime {
  readonly what: "transition" | "state";
  readonly name: string;
  readonly seconds: number;
}

/** When a resource was in the states of its present round, in milliseconds: since when, and when last. */
export interface LifecycleTrack {
  readonly state: LifecycleState;
  readonly times: ReadonlyMap<LifecycleState, { readonly since: number; readonly last: number }>;
}

interface Transition {
  readonly name: (typeof transitionNames)[number];
  readonly from: LifecycleState;
  readonly to: LifecycleState;
  /** Measured from when the resource entered `from`, not from when it was last seen there. */
  readonly whole?: true;
}

export const transitionNames = [
  "Resume",
  "Upgrade",
  "Suspend",
  "Stabilization",
  "Rollback",
  "Submission",
] as const;

/** What the Java operator measures (REFERENCE 1.27). */
const transitions: readonly Transition[] = [
  { name: "Resume", from: "SUSPENDED", to: "STABLE" },
  { name: "Upgrade", from: "STABLE", to: "STABLE" },
  { name: "Suspend", from: "DEPLOYED", to: "UPGRADING" },
  { name: "Suspend", from: "STABLE", to: "UPGRADING" },
  { name: "Suspend", from: "ROLLED_BACK", to: "UPGRADING" },
  { name: "Suspend", from: "DEPLOYED", to: "SUSPENDED" },
  { name: "Suspend", from: "STABLE", to: "SUSPENDED" },
  { name: "Suspend", from: "ROLLED_BACK", to: "SUSPENDED" },
  { name: "Stabilization", from: "DEPLOYED", to: "STABLE", whole: true },
  { name: "Rollback", from: "DEPLOYED", to: "ROLLED_BACK", whole: true },
  { name: "Submission", from: "UPGRADING", to: "DEPLOYED" },
  { name: "Submission", from: "ROLLING_BACK", to: "ROLLED_BACK" },
];

/** Where a round ends: what was measured on the way is told, and only the state itself is remembered. */
const ends: readonly LifecycleState[] = ["STABLE", "SUSPENDED", "ROLLED_BACK", "FAILED", "DELETED"];

export const beginTrack = (state: LifecycleState, at: number): LifecycleTrack => ({
  state,
  times: new Map([[state, { since: at, last: at }]]),
});

/** What is to be told where a resource is seen in a state, and what is to be remembered from then on. */
export function followTrack(
  track: LifecycleTrack,
  state: LifecycleState,
  at: number,
): { readonly track: LifecycleTrack; readonly told: readonly LifecycleTime[] } {
  const times = new Map(track.times);
  const known = times.get(state);
  if (state === track.state) {
    times.set(state, { since: known?.since ?? at, last: at });
    return { track: { state, times }, told: [] };
  }
  const told: LifecycleTime[] = transitions.flatMap(({ name, from, to, whole }) => {
    const passed = to === state ? times.get(from) : undefined;
    if (passed === undefined) return [];
    return [{ what: "transition", name, seconds: (at - (whole ? passed.since : passed.last)) / 1_000 }];
  });
  times.set(state, { since: at, last: at });
  if (!ends.includes(state)) return { track: { state, times }, told };
  const lasted = [...track.times].map(
    ([name, { since, last }]): LifecycleTime => ({ what: "state", name, seconds: (last - since) / 1_000 }),
  );
  return { track: beginTrack(state, at), told: [...told, ...lasted] };
}
