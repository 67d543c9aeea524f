import { createValue } from "../state/value.ts";

/** "system" follows the browser. */
export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const KEY = "theme";

export const theme = createValue<Theme>("system");

export function startTheme(): void {
  const stored = localStorage.getItem(KEY);
  setTheme(themes.find((each) => each === stored) ?? "system");
}

export function setTheme(next: Theme): void {
  localStorage.setItem(KEY, next);
  document.documentElement.dataset.theme = next;
  theme.set(next);
}
