import { plural } from "../format/format.ts";

interface Props {
  readonly problems: ReadonlyMap<string, readonly string[]>;
}

/** What the page cannot show, and why: without it, a missing row would look like a missing job. */
export function Problems({ problems }: Props) {
  const all = [...problems].flatMap(([cluster, messages]) =>
    messages.map((message) => ({ cluster, message })),
  );
  if (all.length === 0) return null;
  return (
    <details class="note is-warning" open={all.length <= 3}>
      <summary>Not everything is shown: {plural(all.length, "problem")}</summary>
      <ul>
        {all.map(({ cluster, message }) => (
          <li key={`${cluster} ${message}`}>
            <strong>{cluster}</strong>: {message}
          </li>
        ))}
      </ul>
    </details>
  );
}
