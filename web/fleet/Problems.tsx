import { useRef } from "preact/hooks";
import { plural } from "../format/format.ts";

interface Props {
  readonly problems: ReadonlyMap<string, readonly string[]>;
  /** Called with the name of a namespace to look into. */
  onAsk(namespace: string): void;
}

/** What the page cannot show, and why: without it, a missing row would look like a missing job. */
export function Problems({ problems, onAsk }: Props) {
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
      <AskNamespace onAsk={onAsk} />
    </details>
  );
}

/** Who may not list namespaces can name one. */
function AskNamespace({ onAsk }: Pick<Props, "onAsk">) {
  const field = useRef<HTMLInputElement>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    const name = field.current?.value.trim() ?? "";
    if (name !== "") onAsk(name);
  };
  return (
    <form class="filters" onSubmit={submit}>
      <label class="select">
        <span>Look into the namespace</span>
        <input ref={field} type="text" required pattern="[a-z0-9]([\-a-z0-9]*[a-z0-9])?" spellcheck={false} />
      </label>
      <button type="submit" class="button quiet">
        Look
      </button>
    </form>
  );
}
