import { useState } from "preact/hooks";
import { type Action, type ActionRequest, actions, type ResourcePage } from "../../src/dashboard/contract.ts";
import { refOf } from "../api/urls.ts";
import { sentence } from "../format/format.ts";
import { Menu } from "../layout/Menu.tsx";
import { navigate } from "../routing/navigation.ts";
import { hrefOf } from "../routing/route.ts";
import { ActionDialog } from "./ActionDialog.tsx";
import { actionTexts } from "./operations.ts";

/** Those that are buttons of their own while they can be used, in this order. */
const prominent: readonly Action[] = ["approve", "promote", "resume", "suspend", "savepoint", "edit"];

/** What the caller may do. What cannot be done now says why; what is not allowed is not there. */
export function ActionBar({ page }: { readonly page: ResourcePage }) {
  const [asking, setAsking] = useState<ActionRequest["action"]>();
  const allowed = actions.filter((each) => page.allowed.includes(each));
  const isUsable = (action: Action): boolean => page.unavailable[action] === undefined;
  const first = prominent.filter((each) => allowed.includes(each) && isUsable(each));
  const others = allowed.filter((each) => !first.includes(each));
  const begin = (action: Action): void => {
    const ref = refOf(page.row.id);
    if (action !== "edit") setAsking(action);
    else if (ref !== undefined) navigate(hrefOf({ page: "resource", ref, tab: "manifest" }));
  };
  if (allowed.length === 0) return <p class="muted">You may look at this resource, but not act on it.</p>;
  return (
    <div class="actions">
      {first.map((action) => (
        <button
          key={action}
          type="button"
          class={`button ${action === "approve" || action === "promote" || action === "resume" ? "primary" : ""}`}
          onClick={() => begin(action)}
        >
          {actionTexts[action].name}
        </button>
      ))}
      {others.length > 0 && (
        <Menu label="More" class="more-actions">
          {others.map((action) => (
            <OtherAction
              key={action}
              action={action}
              why={page.unavailable[action]}
              onBegin={() => begin(action)}
            />
          ))}
        </Menu>
      )}
      {asking !== undefined && (
        <ActionDialog action={asking} page={page} onClose={() => setAsking(undefined)} />
      )}
    </div>
  );
}

interface OtherProps {
  readonly action: Action;
  readonly why: string | undefined;
  onBegin(): void;
}

function OtherAction({ action, why, onBegin }: OtherProps) {
  const id = `why-${action}`;
  return (
    <button
      type="button"
      class="plain choice"
      aria-disabled={why === undefined ? undefined : true}
      aria-describedby={why === undefined ? undefined : id}
      onClick={() => {
        if (why === undefined) onBegin();
      }}
    >
      {actionTexts[action].name}
      {why !== undefined && (
        <span id={id} class="muted why">
          {sentence(why)}
        </span>
      )}
    </button>
  );
}
