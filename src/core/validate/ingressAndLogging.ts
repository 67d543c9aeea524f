/** Rules 4 and 5 of REFERENCE 1.23: ingress and logging. */
import { pathPrefixOf, templateOf } from "../build/ingress.ts";
import type { Check } from "./check.ts";
import { either } from "./validationError.ts";

export const ingressHasTemplate: Check = ({ spec }) =>
  spec.ingress !== undefined && spec.ingress.template === undefined
    ? {
        field: "spec.ingress.template",
        message: "must be set, as in flink.example.com/{{namespace}}/{{name}}",
      }
    : undefined;

/** The template starts with host and port. A path can be nearly anything. */
export const ingressTemplateIsUrl: Check = ({ spec }) => {
  const template = spec.ingress?.template ?? "";
  const [authority = ""] = template.replace(/^https?:\/\//i, "").split(/[/?#]/);
  const [, port] = /:([^:\]]*)$/.exec(authority) ?? [];
  return port === undefined || /^\d{0,5}$/.test(port)
    ? undefined
    : {
        field: "spec.ingress.template",
        message: `"${template}" has "${port}" where the number of a port must be`,
      };
};

/** With parentRefs it is an HTTPRoute (src/core/build/ingress.ts). */
export const httpRouteIsComplete: Check = ({ spec }) => {
  const { parentRefs, className, tls, template = "" } = spec.ingress ?? {};
  if (parentRefs === undefined) return undefined;
  const alien = className !== undefined ? "className" : tls !== undefined ? "tls" : undefined;
  if (alien !== undefined)
    return {
      field: `spec.ingress.${alien}`,
      message: "belongs to an Ingress: take it out, or take parentRefs out, with which it is an HTTPRoute",
    };
  if (parentRefs.length === 0)
    return { field: "spec.ingress.parentRefs", message: "must name a Gateway, or be absent for an Ingress" };
  const nameless = parentRefs.findIndex(({ name }) => name === undefined || name === "");
  if (nameless >= 0)
    return {
      field: `spec.ingress.parentRefs[${nameless}].name`,
      message: "must be set: the name of a Gateway",
    };
  const { path } = templateOf(template);
  const prefix = pathPrefixOf(path);
  return prefix === "/" || /^(\/([-A-Za-z0-9._~!&',;=:@{}]|%[0-9a-fA-F]{2})+)+$/.test(prefix)
    ? undefined
    : {
        field: "spec.ingress.template",
        message: `has the path "${path}": that of an HTTPRoute is a prefix, as in flink.example.com/{{namespace}}/{{name}}`,
      };
};

const loggingFiles = ["log4j-console.properties", "logback-console.xml"];

export const loggingFilesKnown: Check = ({ spec }) => {
  const unknown = Object.keys(spec.logConfiguration ?? {}).find((file) => !loggingFiles.includes(file));
  return unknown === undefined
    ? undefined
    : {
        field: "spec.logConfiguration",
        message: `"${unknown}" is no file of Flink's: use ${either(loggingFiles)}`,
      };
};
