/** The editor's code: loaded when an editor is opened, since it is larger than all the rest. */
import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { yaml } from "@codemirror/lang-yaml";
import { type Diagnostic, forceLinting, linter, lintGutter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { basicSetup } from "codemirror";
import { load, YAMLException } from "js-yaml/browser";
import { highlighting } from "./highlighting.ts";
import { checkManifest, type Schema, schemaAt } from "./schema.ts";
import { lineOfPath, type Path, scanYaml, typingAt } from "./yamlPaths.ts";

export interface Editor {
  text(): string;
  setText(text: string): void;
  /** Mistakes that the server has found; they go with the next change of the text. */
  setMistakes(mistakes: readonly { readonly path: Path; readonly message: string }[]): void;
  destroy(): void;
}

interface Options {
  readonly text: string;
  /** Undefined: only the syntax is checked. */
  readonly schema: Schema | undefined;
  onChange(text: string): void;
}

/**
 * Within a shadow root CodeMirror puts its styles into style sheets that are constructed. Elsewhere it adds style elements, which the
 * content security policy refuses.
 */
export function createEditor(host: HTMLElement, { text, schema, onChange }: Options): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  let found: readonly { readonly path: Path; readonly message: string }[] = [];
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        basicSetup,
        yaml(),
        highlighting,
        look,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "Manifest", tabindex: "0" }),
        lintGutter(),
        linter((each) => diagnose(each.state.doc.toString(), schema, found), { delay: 300 }),
        autocompletion({ override: [(context) => complete(context, schema)] }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          found = [];
          onChange(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    setText(next) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    setMistakes(mistakes) {
      found = mistakes;
      // Linting is forced only where something has changed.
      view.dispatch({});
      forceLinting(view);
    },
    destroy: () => view.destroy(),
  };
}

function diagnose(
  text: string,
  schema: Schema | undefined,
  found: readonly { readonly path: Path; readonly message: string }[],
): Diagnostic[] {
  let value: unknown;
  try {
    value = load(text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const at = Math.min(error.mark?.position ?? 0, text.length);
    return [{ from: at, to: at, severity: "error", message: `Not YAML: ${error.reason}.` }];
  }
  const lines = scanYaml(text);
  const mistakes = [...(schema === undefined ? [] : checkManifest(value, schema)), ...found];
  return mistakes.map(({ path, message }) => {
    const line = lineOfPath(lines, path);
    return { from: line?.keyFrom ?? 0, to: line?.keyTo ?? 0, severity: "error", message };
  });
}

function complete(context: CompletionContext, schema: Schema | undefined): CompletionResult | null {
  const typing = typingAt(context.state.doc.sliceString(0, context.pos));
  if (typing === undefined || (typing.prefix === "" && !context.explicit)) return null;
  const from = context.pos - typing.prefix.length;
  if (typing.type === "value") {
    const at = schemaAt(schema, typing.path);
    const values = at?.enum ?? (at?.type === "boolean" ? [true, false] : []);
    return { from, options: values.map((each) => ({ label: String(each), type: "constant" })) };
  }
  const { properties = {} } = schemaAt(schema, typing.parent) ?? {};
  return {
    from,
    options: Object.entries(properties).map(([key, each]) => ({
      label: key,
      type: "property",
      detail: each.type ?? "",
      info: each.description ?? "",
      apply: each.type === "object" || each.type === "array" ? `${key}:` : `${key}: `,
    })),
  };
}

/** In the page's colours, which pass into the shadow root as custom properties. */
const look = EditorView.theme({
  "&": { fontSize: "13px", backgroundColor: "var(--surface)", color: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", maxHeight: "65vh", minHeight: "320px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--muted)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "8px",
    maxWidth: "420px",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--accent)",
    color: "var(--on-accent)",
  },
  ".cm-completionDetail": { color: "inherit" },
  // CodeMirror's own marks are images in data: URLs, which the content security policy refuses.
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--bad)",
    textDecorationSkipInk: "none",
  },
  ".cm-lintPoint-error::after": { borderBottomColor: "var(--bad)" },
  ".cm-lint-marker-error": { content: "none" },
  ".cm-lint-marker": { borderRadius: "50%", backgroundColor: "var(--bad)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)" },
  // The colours of CodeMirror's own highlighting are for a light page only.
  ".cm-line span": { color: "inherit" },
  ".cm-line .yaml-key, .cm-line .yaml-key span": { color: "var(--code-key)" },
  ".cm-line .yaml-value, .cm-line .yaml-value span": { color: "var(--code-value)" },
  ".cm-line .yaml-comment, .cm-line .yaml-comment span": { color: "var(--muted)" },
});
