import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  readonly label: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A disclosure that closes with Escape, with a click elsewhere and when the focus leaves it. */
export function Menu({ label, class: name = "", children }: Props) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (): void => menu.current?.removeAttribute("open");
    const onClick = (event: MouseEvent): void => {
      const isInside = event.composedPath().includes(menu.current as EventTarget);
      const isChoice = (event.target as Element).closest("button:not([aria-disabled]), a") !== null;
      if (!isInside || isChoice) close();
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || !menu.current?.open) return;
      close();
      menu.current.querySelector("summary")?.focus();
    };
    document.addEventListener("click", onClick);
    document.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("click", onClick);
      document.removeEventListener("keydown", onKey);
    };
  }, []);
  return (
    <details ref={menu} class={`menu ${name}`}>
      <summary class="button quiet">{label}</summary>
      <div class="menu-content">{children}</div>
    </details>
  );
}
