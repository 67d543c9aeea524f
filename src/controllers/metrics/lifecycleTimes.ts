import type { LifecycleState } from "../../api/v1beta1/commonStatus.ts";

/** The duration of a transition, or of a state. */
export interface LifecycleTime {
  readonly what: "transition" | "state";
  readonly name: string;
  readonly seconds: number;
}

/** When a resource entered each state of its current cycle, and when it was last in it, in milliseconds. */
export interface LifecycleTrack {
  readonly state: LifecycleState;
  readonly times: ReadonlyMap<LifecycleState, { readonly since: number; readonly last: number }>;
}

interface Transition {
  readonly name: (typeof transitionNames)[number];
  readonly from: LifecycleState;
  readonly to: LifecycleState;
  /** Measured from when the resource entered `from`, not from when it was last in it. */
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

/** The transitions that the Java operator measures (REFERENCE 1.27). */
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

/** The states that end a cycle: its durations are recorded, and only the new state is kept. */
const finalStates: readonly LifecycleState[] = ["STABLE", "SUSPENDED", "ROLLED_BACK", "FAILED", "DELETED"];

export const startTrack = (state: LifecycleState, at: number): LifecycleTrack => ({
  state,
  times: new Map([[state, { since: at, last: at }]]),
});

/** Updates a track with an observed state. Returns the new track and the durations to record. */
export function updateTrack(
  track: LifecycleTrack,
  state: LifecycleState,
  at: number,
): { readonly track: LifecycleTrack; readonly recorded: readonly LifecycleTime[] } {
  const times = new Map(track.times);
  const known = times.get(state);
  if (state === track.state) {
    times.set(state, { since: known?.since ?? at, last: at });
    return { track: { state, times }, recorded: [] };
  }
  const recorded: LifecycleTime[] = transitions.flatMap(({ name, from, to, whole }) => {
    const entered = to === state ? times.get(from) : undefined;
    if (entered === undefined) return [];
    return [{ what: "transition", name, seconds: (at - (whole ? entered.since : entered.last)) / 1_000 }];
  });
  times.set(state, { since: at, last: at });
  if (!finalStates.includes(state)) return { track: { state, times }, recorded };
  const lasted = [...track.times].map(
    ([name, { since, last }]): LifecycleTime => ({ what: "state", name, seconds: (last - since) / 1_000 }),
  );
  return { track: startTrack(state, at), recorded: [...recorded, ...lasted] };
}
