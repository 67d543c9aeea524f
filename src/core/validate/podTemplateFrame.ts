/**
 * The parts of a pod template's structure that the builders rely on. The CRD accepts any field, and the API server
 * validates the template in the dry run. This detects a string in place of a list earlier.
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

/** Flink adds to these lists or replaces them; a value of another type would be lost silently. */
const containers = list(
  frame({
    name: string,
    image: string,
    imagePullPolicy: string,
    command: list(string),
    args: list(string),
    env: named,
    envFrom: objects,
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
