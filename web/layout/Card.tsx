import type { ComponentChildren } from "preact";

interface Props {
  readonly title: string;
  readonly class?: string;
  /** Beside the title. */
  readonly end?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Card({ title, class: name = "", end, children }: Props) {
  return (
    <section class={`card ${name}`}>
      <div class="card-head">
        <h2>{title}</h2>
        {end}
      </div>
      {children}
    </section>
  );
}
