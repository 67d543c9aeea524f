import type { Health } from "../../src/dashboard/contract.ts";

/** Each health has a form of its own, so that its colour is not needed. */
const shapes: Readonly<Record<Health, string>> = {
  // A triangle with an exclamation mark.
  Stalled: "M8 1.8 15 14H1L8 1.8Zm0 4.4v3.6m0 1.9v.3",
  // A question mark in a circle.
  Unknown:
    "M14.5 8a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0ZM6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.2m0 2v.2",
  // A cross in a circle.
  Deleting: "M14.5 8a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0ZM5.8 5.8l4.4 4.4m0-4.4-4.4 4.4",
  // Three quarters of a circle with an arrow.
  InProgress: "M14 8a6 6 0 1 1-2.2-4.6M14 1.6v3h-3",
  // Two bars in a circle.
  Suspended: "M14.5 8a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0ZM6.4 5.6v4.8m3.2-4.8v4.8",
  // A heart.
  Ready: "M8 14S1.5 10.2 1.5 5.8A3.5 3.5 0 0 1 8 4a3.5 3.5 0 0 1 6.5 1.8C14.5 10.2 8 14 8 14Z",
};

export function HealthIcon({ health }: { readonly health: Health }) {
  return (
    <svg class={`icon health-icon is-${health}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={shapes[health]} />
    </svg>
  );
}
