import { useEffect, useState } from "preact/hooks";
import type { ActionAnswer, PlanAnswer, ResourcePage } from "../../src/dashboard/contract.ts";
import { Effect } from "../acting/Effect.tsx";
import { follow } from "../acting/operations.ts";
import { ApiFailure } from "../api/request.ts";
import { inCluster, write } from "../api/session.ts";
import { urlOf } from "../api/urls.ts";
import { Dialog } from "../layout/Dialog.tsx";
import { Scroll } from "../layout/Scroll.tsx";

interface Props {
  readonly page: ResourcePage;
  readonly manifest: string;
  /** What the edit began with. */
  readonly base: string;
  readonly plan: PlanAnswer;
  onPlanAgain(): void;
  onApplied(): void;
  onClose(): void;
}

const CONFLICT = 409;

/** The lines of the newest manifest that came since the edit began, and that the edit does not have. */
function linesOfOthers(newest: string, base: string, edited: string): string[] {
  const known = new Set([base, edited].flatMap((text) => text.split("\n")));
  return newest.split("\n").filter((line) => !known.has(line));
}

/** A plan compares with what runs, where the edits of others may not have arrived. */
function Undone({ lines }: { readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <div class="note is-warning" role="status">
      Others have changed the resource since you began to edit. Your text undoes this:
      <pre>{lines.join("\n")}</pre>
    </div>
  );
}

/** What the edit does, before it is made. */
export function PlanDialog({ page, manifest, base, plan, onPlanAgain, onApplied, onClose }: Props) {
  const { row } = page;
  /** The version that the plan was made for, as far as it was shown. */
  const [{ resourceVersion: version, manifest: planned }, setVersion] = useState(page);
  const [problem, setProblem] = useState<string>();
  const [isConflict, setConflict] = useState(false);
  const [busy, setBusy] = useState(false);
  // A new plan is for the version of now
  useEffect(() => {
    setVersion(page);
    setProblem(undefined);
    setConflict(false);
  }, [plan]);

  const apply = async (): Promise<void> => {
    setBusy(true);
    try {
      const { message, resourceVersion } = await inCluster(row.cluster, () =>
        write<ActionAnswer>("PUT", urlOf("spec", row), { manifest, resourceVersion: version }),
      );
      follow({
        ...{ id: row.id, action: "edit", name: row.name, message, before: page, startedAt: Date.now() },
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      });
      onApplied();
      onClose();
    } catch (error) {
      setBusy(false);
      setProblem((error as Error).message);
      setConflict(error instanceof ApiFailure && error.status === CONFLICT);
    }
  };
  const undone = linesOfOthers(page.manifest, base, manifest);
  const isDangerous = plan.restarts || plan.effect === "stop";
  return (
    <Dialog title="Apply this edit?" wide onClose={onClose}>
      <Effect {...plan} message={plan.summary} />
      <Scroll class="plan" label="Plan">
        <pre>{plan.text}</pre>
      </Scroll>
      <Undone lines={undone} />
      {problem !== undefined && (
        <p class="note is-error" role="alert">
          {problem}
          {isConflict && " Plan again: the plan then compares your text with the newest version."}
        </p>
      )}
      <div class="dialog-end">
        <button type="button" class="button quiet" onClick={onClose}>
          Back to the editor
        </button>
        {isConflict ? (
          <button
            type="button"
            class="button primary"
            disabled={page.manifest === planned}
            onClick={onPlanAgain}
          >
            {page.manifest === planned ? "Reading the newest version…" : "Plan again"}
          </button>
        ) : (
          <button
            type="button"
            class={`button ${isDangerous ? "danger" : "primary"}`}
            disabled={busy || plan.effect === "refused"}
            onClick={() => void apply()}
          >
            {busy ? "Applying…" : "Apply"}
          </button>
        )}
      </div>
    </Dialog>
  );
}
