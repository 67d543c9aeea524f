import { buildCustomResourceDefinition } from "../../api/crd.ts";
import { fieldsLost, type Structure } from "../../api/crdFields.ts";
import type { KindDeclaration } from "../../api/declaration.ts";
import type { KubeObject } from "../../api/kubernetes.ts";

/** What is read of a CustomResourceDefinition that is there. */
export interface PresentDefinition extends KubeObject {
  spec: {
    scope: string;
    versions: {
      name: string;
      schema?: { openAPIV3Schema?: Structure };
      subresources?: Record<string, unknown>;
    }[];
  };
}

export type Definition = ReturnType<typeof buildCustomResourceDefinition>;

/** What to apply for one kind, or why the present definition must stay. */
export type CrdDecision =
  | { readonly kind: "apply"; readonly definition: Definition }
  | { readonly kind: "refuse"; readonly reason: string };

/** How many fields a message names. */
const longestList = 10;

/** Pure: a definition takes the place of the present one only where no object can lose anything by it. */
export function decideCrd(kind: KindDeclaration, present: PresentDefinition | undefined): CrdDecision {
  const definition = buildCustomResourceDefinition(kind);
  const lost = present === undefined ? [] : lostBy(present, definition);
  if (lost.length === 0) return { kind: "apply", definition };
  const more = lost.length > longestList ? ` and ${lost.length - longestList} more` : "";
  return {
    kind: "refuse",
    reason:
      `The present CustomResourceDefinition ${definition.metadata.name} has what this version does not know: ` +
      `${lost.slice(0, longestList).join(", ")}${more}. Resources would lose it, so the definition is left as it is. ` +
      "Install a version that knows it, or go on with crds.upgrade: false.",
  };
}

function lostBy({ spec }: PresentDefinition, { spec: next }: Definition): string[] {
  const lost = spec.scope === next.scope ? [] : [`scope ${spec.scope}`];
  for (const { name, schema, subresources = {} } of spec.versions) {
    const counterpart = next.versions.find((version) => version.name === name);
    if (counterpart === undefined) {
      lost.push(`version ${name}`);
      continue;
    }
    lost.push(...fieldsLost(schema?.openAPIV3Schema ?? {}, counterpart.schema.openAPIV3Schema));
    const missing = Object.keys(subresources).filter((each) => !(each in counterpart.subresources));
    lost.push(...missing.map((each) => `subresource ${each}`));
  }
  return lost;
}
