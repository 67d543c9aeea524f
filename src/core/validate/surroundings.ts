/** Rules 4 and 5 of REFERENCE 1.23: ingress and logging. */
import type { Check } from "./check.ts";
import { either } from "./validationError.ts";

export const ingressHasTemplate: Check = ({ spec }) =>
  spec.ingress !== undefined && spec.ingress.template === undefined
    ? {
        field: "spec.ingress.template",
        message: "must be set, as in flink.example.com/{{namespace}}/{{name}}",
      }
    : undefined;

/** The part of the template up to the path is host and port; nearly anything goes as a path. */
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
