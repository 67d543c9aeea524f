import { buildCustomResourceDefinition } from "../../api/crd.ts";
import { fieldsLost, type Structure } from "../../api/crdFields.ts";
import type { KindDeclaration } from "../../api/declaration.ts";
import type { KubeObject } from "../../api/kubernetes.ts";

/** The fields that are read of an installed CustomResourceDefinition. */
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

/** The definition to apply for one kind, or why the installed one must stay. */
export type CrdDecision =
  | { readonly kind: "apply"; readonly definition: Definition }
  | { readonly kind: "refuse"; readonly reason: string };

/** How many fields a message lists. */
const maxListedFields = 10;

/** Pure. Replaces the installed definition only if no object can lose a field by it. */
export function decideCrd(kind: KindDeclaration, present: PresentDefinition | undefined): CrdDecision {
  const definition = buildCustomResourceDefinition(kind);
  const lost = present === undefined ? [] : lostBy(present, definition);
  if (lost.length === 0) return { kind: "apply", definition };
  const more = lost.length > maxListedFields ? ` and ${lost.length - maxListedFields} more` : "";
  return {
    kind: "refuse",
    reason:
      `The present CustomResourceDefinition ${definition.metadata.name} has what this version does not know: ` +
      `${lost.slice(0, maxListedFields).join(", ")}${more}. Resources would lose it, so the definition is left as it is. ` +
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
