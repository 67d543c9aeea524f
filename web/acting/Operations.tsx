import { useValue } from "../state/value.ts";
import { actionTexts, dismiss, type Followed, operations } from "./operations.ts";

/** What was asked of this resource, until it is done and read. */
export function Operations({ id }: { readonly id: string }) {
  const all = useValue(operations).filter(({ operation }) => operation.id === id);
  return (
    <div role="status" class="operations">
      {all.map((each) => (
        <OperationNote key={each.operation.startedAt} {...each} />
      ))}
    </div>
  );
}

const levels = { asked: "is-info", working: "is-info", done: "is-success", failed: "is-error" };

function OperationNote({ operation, progress: { state, text } }: Followed) {
  const { name, done } = actionTexts[operation.action];
  const isOver = state === "done" || state === "failed";
  return (
    <div class={`note operation ${levels[state]}`} data-state={state}>
      {isOver ? null : <span class="spinner" aria-hidden="true" />}
      <p>
        <strong>{name}: </strong>
        {state === "done" && done}
        {state === "failed" && `It failed. ${text ?? ""}`}
        {state === "asked" && operation.message}
        {state === "working" && (text ?? "The operator is at work.")}
      </p>
      <button type="button" class="quiet" onClick={() => dismiss(operation)}>
        {isOver ? "Dismiss" : "Hide"}
      </button>
    </div>
  );
}
