import type { KubeObject } from "../../../../src/api/kubernetes.ts";
import type { Selection } from "../../../../src/kube/api.ts";
import { dig } from "../json.ts";
import { badRequest } from "./refusal.ts";

/** Label and field selectors in the syntax of the API server's query parameters. */
export const selects = ({ namespace, ...selection }: Selection): ((object: KubeObject) => boolean) => {
  const isInNamespace = (object: KubeObject): boolean =>
    namespace === undefined || object.metadata.namespace === namespace;
  if (!selection.labelSelector && !selection.fieldSelector) return isInNamespace;
  const labels = parseLabelSelector(selection.labelSelector ?? "");
  const fields = parseFieldSelector(selection.fieldSelector ?? "");
  return (object) =>
    isInNamespace(object) &&
    labels.every((holds) => holds(object.metadata.labels ?? {})) &&
    fields.every((holds) => holds(object));
};

export const matchesLabels = (
  selector: Record<string, string>,
  labels: Record<string, string> | undefined,
): boolean => Object.entries(selector).every(([key, value]) => labels?.[key] === value);

type LabelTest = (labels: Record<string, string>) => boolean;

const parseLabelSelector = (selector: string): LabelTest[] =>
  // Commas inside "in (a,b)" do not separate requirements.
  selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(parseRequirement);

const parseRequirement = (text: string): LabelTest => {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    const within: LabelTest = (labels) => key in labels && values.includes(labels[key] as string);
    return operator === "in" ? within : (labels) => !within(labels);
  }
  const comparison = /^([^\s=!]+)\s*(==|!=|=)\s*(\S*)$/.exec(text);
  if (comparison !== null) {
    const [, key = "", operator, value = ""] = comparison;
    return operator === "!=" ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  if (/^![^\s=!]+$/.test(text)) return (labels) => !(text.slice(1) in labels);
  if (/^[^\s=!]+$/.test(text)) return (labels) => text in labels;
  throw badRequest(`unable to parse requirement: ${text}`);
};

const parseFieldSelector = (selector: string): ((object: KubeObject) => boolean)[] =>
  selector
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const comparison = /^([^=!]+)(==|!=|=)(.*)$/.exec(part);
      if (comparison === null) throw badRequest(`invalid field selector: ${part}`);
      const [, path = "", operator, value = ""] = comparison;
      return (object) => {
        const found = String(dig(object, ...path.split(".")) ?? "");
        return operator === "!=" ? found !== value : found === value;
      };
    });
