/**
 * The frame of a pod template that building relies on. The CRD takes any field, and the API server judges the whole
 * in the dry run; this catches a text where a list must be before anything trips over it.
 */
import { type FieldType, list, map, string } from "../../api/declaration.ts";

const frame = (fields: Readonly<Record<string, FieldType>>): FieldType => ({
  kind: "object",
  name: "",
  model: "kubernetes",
  fields: Object.entries(fields).map(([name, type]) => ({ name, type, doc: "" })),
});

const named = list(frame({ name: string }));

export const podTemplateFrame = frame({
  metadata: frame({ name: string, labels: map(string), annotations: map(string) }),
  spec: frame({
    containers: named,
    initContainers: named,
    volumes: named,
    imagePullSecrets: named,
    tolerations: list(frame({})),
    nodeSelector: map(string),
  }),
});
