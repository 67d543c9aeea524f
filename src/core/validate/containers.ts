/** Checks of the containers of pod templates that need no API server. */
import type { PodTemplateSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { MAIN_CONTAINER } from "../../api/v1beta1/names.ts";
import { asList, asRecord } from "../build/json.ts";
import { jobManagerTemplate, taskManagerTemplate } from "../build/pod/podTemplate.ts";
import { type Check, isBlank } from "./check.ts";
import { nearest } from "./nearest.ts";
import type { ValidationError } from "./validationError.ts";

const templateOf = { jobManager: jobManagerTemplate, taskManager: taskManagerTemplate } as const;

/**
 * Each container needs a unique name and an image, except the one that runs Flink, which gets the image of the cluster. The
 * merged templates are checked: a misspelt name of that container makes a second container without an image.
 */
export const containersComplete =
  (process: keyof typeof templateOf): Check =>
  ({ spec, config }) => {
    const merged = templateOf[process](spec, config);
    const sources: readonly Source[] = [
      { path: `spec.${process}.podTemplate`, template: spec[process]?.podTemplate },
      { path: "spec.podTemplate", template: spec.podTemplate },
    ];
    const names = new Set<unknown>();
    for (const kind of kinds) {
      for (const [at, container] of containersOf(merged, kind).entries()) {
        const error = errorOf(container, kind, names);
        if (error !== undefined)
          return { ...error, field: `${place(sources, kind, container, at)}.${error.field}` };
        names.add(container.name);
      }
    }
    return undefined;
  };

const kinds = ["initContainers", "containers"] as const;
type Kind = (typeof kinds)[number];

interface Container {
  readonly name?: string;
  readonly image?: string;
}

interface Source {
  readonly path: string;
  readonly template: PodTemplateSpec | undefined;
}

const containersOf = (template: PodTemplateSpec | undefined, kind: Kind): Container[] =>
  asList(asRecord(template?.spec)[kind]).map((container) => asRecord(container));

function errorOf(
  { name, image }: Container,
  kind: Kind,
  names: ReadonlySet<unknown>,
): ValidationError | undefined {
  if (name === undefined || isBlank(name)) return { field: "name", message: "must be set" };
  if (names.has(name))
    return { field: "name", message: `"${name}" is there twice: give each container its own` };
  if ((kind === "containers" && name === MAIN_CONTAINER) || !isBlank(image)) return undefined;
  const meant = nearest(name, [MAIN_CONTAINER]);
  const hint = meant === undefined ? "" : `; did you mean ${meant}, which runs Flink and needs none?`;
  return { field: "image", message: `must be set for the container "${name}"${hint}` };
}

/** The path of the container. If two templates have it, the path in the template of the process. */
function place(sources: readonly Source[], kind: Kind, { name }: Container, at: number): string {
  for (const { path, template } of sources) {
    const index = containersOf(template, kind).findLastIndex((container) => container.name === name);
    if (index >= 0) return `${path}.spec.${kind}[${index}]`;
  }
  const { path } = sources.find(({ template }) => template !== undefined) ?? { path: "spec.podTemplate" };
  return `${path}.spec.${kind}[${at}]`;
}
