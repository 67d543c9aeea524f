import { Decoration, type EditorView, MatchDecorator, ViewPlugin, type ViewUpdate } from "@codemirror/view";

const marks = {
  comment: Decoration.mark({ class: "yaml-comment" }),
  key: Decoration.mark({ class: "yaml-key" }),
  value: Decoration.mark({ class: "yaml-value" }),
};

/** A comment, a key before its colon, or a number, boolean or null that is a whole value. */
const token =
  /(?<=^|\s)(?<comment>#.*)|(?<=^\s*(?:-\s+)*)(?<key>[^\s#:'"[\]{}-][^#:]*|"[^"]*"|'[^']*')(?=:(?:\s|$))|(?<=:\s+|-\s+)(?<value>-?\d[\d.]*|true|false|null)(?=\s*(?:#.*)?$)/gm;

const decorator = new MatchDecorator({
  regexp: token,
  decoration: ({ groups = {} }) =>
    groups.comment !== undefined ? marks.comment : groups.key !== undefined ? marks.key : marks.value,
});

/** Colours in the theme's custom properties, dark and light. */
export const highlighting = ViewPlugin.define(
  (view: EditorView) => ({
    decorations: decorator.createDeco(view),
    update(update: ViewUpdate) {
      this.decorations = decorator.updateDeco(update, this.decorations);
    },
  }),
  { decorations: (plugin) => plugin.decorations },
);
