import type { ResourceType } from "../../../../src/api/kubernetes.ts";
import { KubeError } from "../../../../src/kube/errors.ts";

/** The API server's errors, with its own messages. */

const resource = (type: ResourceType): string =>
  type.group === "" ? type.plural : `${type.plural}.${type.group}`;

export const notFound = (type: ResourceType, name: string): KubeError =>
  new KubeError(404, "NotFound", `${resource(type)} "${name}" not found`);

export const unknownResource = (): KubeError =>
  new KubeError(404, "NotFound", "the server could not find the requested resource");

export const alreadyExists = (type: ResourceType, name: string, terminating: boolean): KubeError =>
  new KubeError(
    409,
    "AlreadyExists",
    `${terminating ? "object is being deleted: " : ""}${resource(type)} "${name}" already exists`,
  );

export const conflict = (type: ResourceType, name: string, why?: string): KubeError =>
  new KubeError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${resource(type)} "${name}": ${
      why ?? "the object has been modified; please apply your changes to the latest version and try again"
    }`,
  );

export const invalid = (type: ResourceType, name: string, field: string, why: string): KubeError =>
  new KubeError(
    422,
    "Invalid",
    `${type.kind}${type.group === "" ? "" : `.${type.group}`} "${name}" is invalid: ${field}: ${why}`,
  );

export const forbidden = (type: ResourceType, name: string, why: string): KubeError =>
  new KubeError(403, "Forbidden", `${resource(type)} "${name}" is forbidden: ${why}`);

export const badRequest = (why: string): KubeError => new KubeError(400, "BadRequest", why);

export const expired = (): KubeError =>
  new KubeError(410, "Expired", "The resourceVersion for the provided watch is too old.");

/** The error that the client reports for a broken connection. */
export const noAnswer = (why: string): KubeError => new KubeError(0, "Broken", why);
