import type { OwnedObject } from "../../src/dashboard/contract.ts";
import { plural } from "../format/format.ts";

export function ObjectTree({ objects }: { readonly objects: readonly OwnedObject[] }) {
  return (
    <ul class="tree">
      {objects.map((each) => (
        <Branch key={`${each.kind} ${each.name}`} object={each} />
      ))}
    </ul>
  );
}

function Branch({
  object: { kind, name, ready, state, containers = [], children },
}: {
  readonly object: OwnedObject;
}) {
  return (
    <li>
      <div class="node">
        <Readiness ready={ready} />
        <span class="muted kind-name">{kind}</span>
        <strong>{name}</strong>
        <span class={ready === false ? "problem" : "muted"}>{state}</span>
      </div>
      {containers.map((each) => (
        <div key={each.name} class="node container">
          <Readiness ready={each.ready} />
          <span class="muted kind-name">Container</span>
          <span>{each.name}</span>
          <span class={each.ready ? "muted" : "problem"}>{each.state}</span>
          {each.restarts > 0 && <span class="chip is-warning">{plural(each.restarts, "restart")}</span>}
        </div>
      ))}
      {children.length > 0 && <ObjectTree objects={children} />}
    </li>
  );
}

/** A filled dot, a cross, or nothing where being ready has no meaning. */
function Readiness({ ready }: { readonly ready: boolean | undefined }) {
  if (ready === undefined) return <span class="readiness" />;
  return (
    <span class={`readiness ${ready ? "is-ready" : "is-not-ready"}`}>
      <span aria-hidden="true">{ready ? "●" : "✕"}</span>
      <span class="hidden">{ready ? "ready" : "not ready"}</span>
    </span>
  );
}
