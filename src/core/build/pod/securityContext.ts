import type { JsonObject } from "../json.ts";

/**
 * That of a container which needs no right, with the user and all else that the template gives to the container that runs Flink.
 * Kubernetes refuses `privileged`, and some capabilities, beside allowPrivilegeEscalation: false.
 */
export function restrictedSecurityContext({
  privileged: _,
  capabilities: __,
  ...ofTemplate
}: JsonObject): JsonObject {
  return {
    readOnlyRootFilesystem: true,
    ...ofTemplate,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
  };
}
