import type { PodTemplateSpec } from "../../../api/v1beta1/flinkdeployment.ts";
import { BuildError } from "../../../config/buildError.ts";
import { asList, asRecord, type JsonObject } from "../json.ts";

/**
 * The template with one entry for each key in the lists that Kubernetes merges by a key. A create accepts two entries with
 * the same key, and the kubelet uses the later one. A server-side apply of the same object is refused. The layers of the
 * template and the configuration may each add an entry. `field`: the path of the template, for errors. Throws BuildError.
 */
export function withUniqueKeys(template: PodTemplateSpec, field: string): PodTemplateSpec {
  const spec = asRecord(template.spec);
  const containers = (kind: "containers" | "initContainers") =>
    Array.isArray(spec[kind])
      ? { [kind]: spec[kind].map((each, at) => uniqueContainer(each, `${field}.spec.${kind}[${at}]`)) }
      : {};
  return {
    ...template,
    spec: {
      ...spec,
      ...unique(spec, "imagePullSecrets", nameOf),
      ...unique(spec, "hostAliases", (alias) => alias.ip),
      ...containers("initContainers"),
      ...containers("containers"),
    },
  };
}

type KeyOf = (element: JsonObject) => unknown;

const nameOf: KeyOf = ({ name }) => name;
const portOf: KeyOf = ({ containerPort, protocol = "TCP" }) =>
  containerPort === undefined ? undefined : `${containerPort}/${protocol}`;

function uniqueContainer(value: unknown, field: string): unknown {
  const container = asRecord(value);
  if (container !== value) return value;
  const env = uniqueVariables(asList(container.env), `${field}.env`);
  const { ports } = unique(container, "ports", portOf);
  return {
    ...byNumber(container, asList(container.ports), asList(ports ?? container.ports)),
    ...(env.length === asList(container.env).length ? {} : { env }),
    ...(ports === undefined ? {} : { ports }),
  };
}

/** The list if entries were removed from it, else nothing. Entries without a key stay: the API server reports them. */
function unique(object: JsonObject, list: string, keyOf: KeyOf): Record<string, unknown> {
  const elements = asList(object[list]);
  const kept = elements.filter((element, at) => !isRepeated(elements, at, keyOf(asRecord(element)), keyOf));
  return kept.length === elements.length ? {} : { [list]: kept };
}

const isRepeated = (elements: readonly unknown[], at: number, key: unknown, keyOf: KeyOf): boolean =>
  key !== undefined && elements.slice(at + 1).some((later) => keyOf(asRecord(later)) === key);

/**
 * A variable may refer to earlier ones, and so to a value that is removed. That value replaces the reference. A value that
 * is only known in the pod cannot replace it.
 */
function uniqueVariables(variables: readonly unknown[], field: string): readonly unknown[] {
  let result = variables;
  for (let at = 0; at < result.length; ) {
    const { name, value, valueFrom } = asRecord(result[at]);
    if (!isRepeated(result, at, name, nameOf)) {
      at++;
      continue;
    }
    const last = result.findLastIndex((each) => asRecord(each).name === name);
    const next = result.findIndex((each, index) => index > at && asRecord(each).name === name);
    result = result.flatMap((variable, index) => {
      if (index === at) return [];
      const { value: text } = asRecord(variable);
      if (index < at || index > next || typeof text !== "string" || !refersTo(text, name)) return [variable];
      if (valueFrom !== undefined)
        throw new BuildError(
          field,
          `${field}: names ${String(name)} ${last === next ? "twice" : "several times"}, and ${String(asRecord(variable).name)} uses the first, which is not known before the pod runs: give one of them another name`,
        );
      return [{ ...asRecord(variable), value: replaced(text, name, typeof value === "string" ? value : "") }];
    });
  }
  return result;
}

/** "$$" is an escaped dollar sign, so "$$(A)" is not a reference. */
const references = /\$\$|\$\(([^)]*)\)/g;

const refersTo = (text: string, name: unknown): boolean =>
  [...text.matchAll(references)].some(([, referred]) => referred !== undefined && referred === name);

const replaced = (text: string, name: unknown, value: string): string =>
  text.replaceAll(references, (whole, referred) => (referred === name ? value : whole));

const callers = ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"];

/** Replaces the name of a removed port by its number in the probes and hooks that refer to it. */
function byNumber(container: JsonObject, before: readonly unknown[], after: readonly unknown[]): JsonObject {
  const names = (ports: readonly unknown[]) => ports.map((port) => asRecord(port).name);
  const lost = new Map(
    before
      .map(asRecord)
      .filter(({ name }) => name !== undefined && !names(after).includes(name))
      .map(({ name, containerPort }) => [name, containerPort]),
  );
  if (lost.size === 0) return container;
  const renumbered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(renumbered);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [
        key,
        key === "port" && lost.has(child) ? lost.get(child) : renumbered(child),
      ]),
    );
  };
  const probes = callers.filter((caller) => container[caller] !== undefined);
  return {
    ...container,
    ...Object.fromEntries(probes.map((caller) => [caller, renumbered(container[caller])])),
  };
}
