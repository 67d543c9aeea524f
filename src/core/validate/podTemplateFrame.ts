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
const objects = list(frame({}));

/** Flink adds to these lists or replaces them; what is not one would be lost without a word. */
const containers = list(
  frame({
    name: string,
    image: string,
    imagePullPolicy: string,
    command: list(string),
    args: list(string),
    env: named,
    ports: objects,
    volumeMounts: objects,
    resources: frame({ requests: frame({}), limits: frame({}) }),
  }),
);

export const podTemplateFrame = frame({
  metadata: frame({ name: string, labels: map(string), annotations: map(string) }),
  spec: frame({
    containers,
    initContainers: containers,
    volumes: named,
    restartPolicy: string,
    imagePullSecrets: named,
    tolerations: objects,
    nodeSelector: map(string),
  }),
});
