import { dump } from "js-yaml";
import {
  admissionConfigurationPermissions,
  admissionSecretPermissions,
  clusterAutoscalerPermissions,
  crdPermissions,
  jobPermissions,
  leaderElectionPermissions,
  namespacePermissions,
  nodePermissions,
  type Permission,
  rulesOf,
} from "../../src/controllers/permissions.ts";

const templates: Readonly<Record<string, readonly Permission[]>> = {
  namespaceRules: namespacePermissions,
  leaderElectionRules: leaderElectionPermissions,
  admissionSecretRules: admissionSecretPermissions,
  admissionConfigurationRules: admissionConfigurationPermissions,
  nodeRules: nodePermissions,
  clusterAutoscalerRules: clusterAutoscalerPermissions,
  crdRules: crdPermissions,
  jobRules: jobPermissions,
};

/** The rules of the chart's roles, as templates for it to include. */
export const buildRules = (): string =>
  Object.entries(templates)
    .map(([name, rights]) => {
      const rules = dump(rulesOf(rights), { lineWidth: -1, flowLevel: 2, noRefs: true });
      return `{{- define "flink-operator.${name}" -}}\n${rules}{{- end }}\n`;
    })
    .join("\n");
