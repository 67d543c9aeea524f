import { formatShare } from "./format.ts";

/** A share from 0 to 1 as a number with a bar. */
export function Meter({ share }: { readonly share: number }) {
  const part = Math.min(1, Math.max(0, share));
  const level = part >= 0.9 ? "high" : part >= 0.7 ? "middle" : "low";
  return (
    <span class={`meter is-${level}`}>
      <svg viewBox="0 0 40 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect class="track" width="40" height="6" rx="3" />
        <rect class="bar" width={40 * part} height="6" rx="3" />
      </svg>
      <span>{formatShare(part)}</span>
    </span>
  );
}
