import { dump } from "js-yaml";
import {
  admissionConfigurationRights,
  admissionSecretRights,
  crdRights,
  jobRights,
  leaderElectionRights,
  namespaceRights,
  type Right,
  rulesOf,
} from "../../src/controllers/permissions.ts";

const templates: Readonly<Record<string, readonly Right[]>> = {
  namespaceRules: namespaceRights,
  leaderElectionRules: leaderElectionRights,
  admissionSecretRules: admissionSecretRights,
  admissionConfigurationRules: admissionConfigurationRights,
  crdRules: crdRights,
  jobRules: jobRights,
};

/** The rules of the chart's roles, as templates for it to include. */
export const buildRules = (): string =>
  Object.entries(templates)
    .map(([name, rights]) => {
      const rules = dump(rulesOf(rights), { lineWidth: -1, flowLevel: 2, noRefs: true });
      return `{{- define "flink-operator.${name}" -}}\n${rules}{{- end }}\n`;
    })
    .join("\n");
