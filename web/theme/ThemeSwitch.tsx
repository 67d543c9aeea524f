import { useValue } from "../state/value.ts";
import { setTheme, theme, themes } from "./theme.ts";

const icons = {
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  light:
    "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  dark: "M13.5 9.6A6 6 0 1 1 6.4 2.5a5 5 0 0 0 7.1 7.1Z",
};
const words = { system: "as the system", light: "light", dark: "dark" };

export function ThemeSwitch() {
  const current = useValue(theme);
  const next = themes[(themes.indexOf(current) + 1) % themes.length] ?? "system";
  return (
    <button
      type="button"
      class="quiet icon-only"
      onClick={() => setTheme(next)}
      title={`Colours: ${words[current]}. Change to ${words[next]}.`}
      aria-label={`Colours: ${words[current]}. Change to ${words[next]}.`}
    >
      <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path d={icons[current]} />
      </svg>
    </button>
  );
}
