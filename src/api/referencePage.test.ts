import { expect, it } from "vitest";
import { field, int32, type KindDeclaration, list, object, oneOf, string } from "./declaration.ts";
import { buildReferencePage } from "./referencePage.ts";

const leaf = object("Leaf", { path: field(string, "One | other.") });

const kind: KindDeclaration = {
  group: "example.org",
  version: "v1",
  kind: "Thing",
  plural: "things",
  shortNames: ["th"],
  doc: "A thing.",
  columns: [],
  spec: {
    name: "spec",
    doc: "Asked.",
    rules: [{ rule: "true", message: "needs a size", fieldPath: ".size" }],
    type: object("ThingSpec", {
      size: field(int32, "How big.", {
        default: 1,
        change: { native: "upgrade", standalone: "scale", whenCleared: "ignore" },
      }),
      colour: field(oneOf(["red", "blue"]), "Which.", { deprecated: true }),
      leaves: field(list(leaf), "Its leaves."),
    }),
  },
  status: { name: "status", doc: "Found.", type: object("ThingStatus", { leaf: field(leaf, "The last.") }) },
};

it("shows each type once, with all facts about its fields", () => {
  const page = buildReferencePage(kind);
  expect(page.match(/^## .*$/gm)?.slice(0, 3)).toEqual(["## ThingSpec", "## Leaf", "## ThingStatus"]);
  expect(page).toContain(
    "| `size` | int32 | `1` | upgrade (standalone: scale); taking it away: ignore | How big. |",
  );
  expect(page).toContain("| `colour` | `red`, `blue` |  |  | *Deprecated.* Which. |");
  expect(page).toContain("| `leaves` | list of [Leaf](#leaf) |  |  | Its leaves. |");
  expect(page).toContain("| `path` | string |  | One \\| other. |");
  expect(page).toContain("| `spec.size` | needs a size |");
});
