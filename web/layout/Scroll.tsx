import type { ComponentChildren, Ref } from "preact";

interface Props {
  readonly label: string;
  readonly class?: string;
  readonly box?: Ref<HTMLElement>;
  readonly children: ComponentChildren;
}

/** What may be larger than its place. It can be reached, and so scrolled, without a mouse. */
export function Scroll({ label, class: name = "scroll", box, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <section ref={box ?? null} class={name} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
