import { useEffect, useRef, useState } from "preact/hooks";
import type { PlanAnswer, ResourcePage } from "../../src/dashboard/contract.ts";
import { request } from "../api/request.ts";
import { inCluster, write } from "../api/session.ts";
import { urlOf } from "../api/urls.ts";
import { Card } from "../layout/Card.tsx";
import { Scroll } from "../layout/Scroll.tsx";
import type { Editor } from "./createEditor.ts";
import { PlanDialog } from "./PlanDialog.tsx";
import type { Schema } from "./schema.ts";
import { parsePath } from "./yamlPaths.ts";

export function EditorTab({ page }: { readonly page: ResourcePage }) {
  if (!page.allowed.includes("edit"))
    return (
      <Card title="Manifest">
        <p class="muted">You may read this manifest, but not change it.</p>
        <Scroll class="script" label="Manifest">
          <pre>{page.manifest}</pre>
        </Scroll>
      </Card>
    );
  return <ManifestEditor page={page} />;
}

function ManifestEditor({ page }: { readonly page: ResourcePage }) {
  const { row } = page;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  /** The manifest that the edit began with. */
  const [base, setBase] = useState(page.manifest);
  const [text, setText] = useState(page.manifest);
  const [plan, setPlan] = useState<PlanAnswer>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const isEdited = text !== base;
  const isOutdated = page.manifest !== base;

  // Created once; later texts are set by load()
  useEffect(() => {
    let closed = false;
    const schema = inCluster(row.cluster, () => request<Schema>("GET", urlOf("schema", row))).catch(
      // Without a schema the editor only checks the syntax; the plan still checks everything.
      () => undefined,
    );
    void Promise.all([import("./createEditor.ts"), schema]).then(([{ createEditor }, known]) => {
      if (closed || host.current === null) return;
      editor.current = createEditor(host.current, { text: page.manifest, schema: known, onChange: setText });
    });
    return () => {
      closed = true;
      editor.current?.destroy();
    };
  }, []);

  const load = (): void => {
    setBase(page.manifest);
    setText(page.manifest);
    setProblem(undefined);
    editor.current?.setText(page.manifest);
  };
  // What is newer is shown at once, unless something was edited.
  // Only for a newer manifest
  useEffect(() => {
    if (isOutdated && !isEdited) load();
  }, [page.manifest]);
  useWarningBeforeLeaving(isEdited);

  const review = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const answer = await inCluster(row.cluster, () =>
        write<PlanAnswer>("POST", urlOf("plan", row), { manifest: text }),
      );
      if (answer.errors.length === 0) return setPlan(answer);
      setProblem(answer.errors.map(({ message }) => message).join(" "));
      editor.current?.setMistakes(
        answer.errors.map(({ field = "", message }) => ({ path: parsePath(field), message })),
      );
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Card title="Manifest">
      {isOutdated && isEdited && (
        <div class="note is-warning" role="status">
          <p>
            The resource has changed since you began to edit. The plan compares your text with the newest
            version.
          </p>
          <button type="button" class="button quiet" onClick={load}>
            Discard my edit and load the newest version
          </button>
        </div>
      )}
      {problem !== undefined && (
        <p class="note is-error" role="alert">
          {problem}
        </p>
      )}
      <div ref={host} class="editor" />
      <div class="dialog-end">
        <p class="muted hint">
          Nothing is changed before you have seen the plan. Ctrl+Space completes; Escape, then Tab leaves the
          editor.
        </p>
        <button type="button" class="button quiet" disabled={!isEdited} onClick={load}>
          Discard
        </button>
        <button
          type="button"
          class="button primary"
          disabled={!isEdited || busy}
          onClick={() => void review()}
        >
          {busy ? "Planning…" : "Review the plan"}
        </button>
      </div>
      {plan !== undefined && (
        <PlanDialog
          page={page}
          manifest={text}
          base={base}
          plan={plan}
          onPlanAgain={() => void review()}
          onApplied={() => setBase(text)}
          onClose={() => setPlan(undefined)}
        />
      )}
    </Card>
  );
}

function useWarningBeforeLeaving(isEdited: boolean): void {
  useEffect(() => {
    if (!isEdited) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isEdited]);
}
