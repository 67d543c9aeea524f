import { useEffect, useState } from "preact/hooks";
import type { ActionAnswer, ActionRequest, ResourcePage } from "../../src/dashboard/contract.ts";
import { inCluster, write } from "../api/session.ts";
import { urlOf } from "../api/urls.ts";
import { Dialog } from "../layout/Dialog.tsx";
import { ActionChoice, type Choice, firstChoice } from "./ActionChoice.tsx";
import { Effect } from "./Effect.tsx";
import { actionTexts, follow } from "./operations.ts";

interface Props {
  readonly action: ActionRequest["action"];
  readonly page: ResourcePage;
  onClose(): void;
}

/** Asks once, and names what the action does: the server's own plan of it. */
export function ActionDialog({ action, page, onClose }: Props) {
  const [choice, setChoice] = useState<Choice>(firstChoice(action, page));
  const [effect, setEffect] = useState<ActionAnswer>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const { row } = page;
  const texts = actionTexts[action];
  const post = (dryRun: boolean): Promise<ActionAnswer> =>
    inCluster(row.cluster, () =>
      write("POST", urlOf("actions", row), { action, ...choice, ...(dryRun ? { dryRun } : {}) }),
    );

  // Nothing is to be asked before another parallelism is entered.
  const isUnchanged = action === "rescale" && choice.parallelism === row.parallelism;

  // Asked again only when the choice changes
  useEffect(() => {
    let outdated = false;
    setEffect(undefined);
    setProblem(undefined);
    if (isUnchanged) return;
    post(true).then(
      (answer) => outdated || setEffect(answer),
      (error: Error) => outdated || setProblem(error.message),
    );
    return () => {
      outdated = true;
    };
  }, [JSON.stringify(choice)]);

  const act = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const answer = await post(false);
      const { message, resourceVersion, snapshot } = answer;
      follow({
        ...{ id: row.id, action, name: row.name, message, before: page, startedAt: Date.now() },
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(snapshot === undefined ? {} : { snapshot }),
        ...(choice.parallelism === undefined ? {} : { parallelism: choice.parallelism }),
      });
      onClose();
    } catch (error) {
      setBusy(false);
      setProblem((error as Error).message);
    }
  };
  const isDangerous = effect?.effect === "stop" || effect?.effect === "restart" || effect?.restarts === true;
  return (
    <Dialog title={texts.question} onClose={onClose}>
      <form onSubmit={(event) => void act(event)}>
        <p class="muted target">
          {row.cluster} / {row.namespace} / <strong>{row.name}</strong>
        </p>
        <ActionChoice action={action} choice={choice} onChange={setChoice} />
        {problem !== undefined && (
          <p class="note is-error" role="alert">
            {problem}
          </p>
        )}
        {effect !== undefined && <Effect {...effect} />}
        {effect === undefined && problem === undefined && !isUnchanged && (
          <p class="muted" role="status">
            Finding out what this does…
          </p>
        )}
        <div class="dialog-end">
          <button type="button" class="button quiet" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            class={`button ${isDangerous ? "danger" : "primary"}`}
            disabled={busy || effect === undefined || effect.effect === "refused"}
          >
            {busy ? "Asking…" : texts.name}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
