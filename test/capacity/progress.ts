/** Writes a line with the seconds since the start of the bench to stderr. */
export function say(text: string): void {
  const seconds = Math.round(performance.now() / 1000);
  console.error(`capacity ${String(seconds).padStart(5)}s  ${text}`);
}
