import type { FlinkBlueGreenDeployment } from "../../api/v1beta1/flinkbluegreendeployment.ts";
import { BuildError } from "../../config/buildError.ts";
import { effectiveConfig } from "../../config/effectiveConfig.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { operatorOptions } from "../../config/operatorOptions.ts";
import type { Facts } from "../../core/flinkbluegreendeployment/facts.ts";
import {
  greenDeploymentOf,
  validateFlinkBlueGreenDeployment,
} from "../../core/validate/validateFlinkBlueGreenDeployment.ts";
import { clusterKey } from "../flinkdeployment/gather.ts";

type Validity = Pick<Facts, "invalid" | "keepsStateOnDeletion">;

/** What the spec of a resource gives, computed once for each of its generations and each configuration of the operator. */
export interface Validities {
  of(resource: FlinkBlueGreenDeployment): Validity;
  remove(namespace: string, name: string): void;
  readonly size: number;
}

export function createValidities(operatorConfig: () => FlinkConfig): Validities {
  const known = new Map<
    string,
    { readonly generation: string; readonly config: FlinkConfig; readonly validity: Validity }
  >();
  return {
    of(resource) {
      const { namespace = "", name, uid, generation } = resource.metadata;
      const key = clusterKey(namespace, name);
      const config = operatorConfig();
      const entry = known.get(key);
      const present = `${uid} ${generation}`;
      if (entry?.generation === present && entry.config === config) return entry.validity;
      const validity = validityOf(resource, config);
      known.set(key, { generation: present, config, validity });
      return validity;
    },
    remove: (namespace, name) => void known.delete(clusterKey(namespace, name)),
    get size() {
      return known.size;
    },
  };
}

function validityOf(resource: FlinkBlueGreenDeployment, operatorConfig: FlinkConfig): Validity {
  const child = greenDeploymentOf(resource);
  const config = effectiveConfig({ operatorConfig, resource: child });
  const { apiVersion, kind, metadata, spec } = resource;
  const [invalid] = validateFlinkBlueGreenDeployment({ apiVersion, kind, metadata, spec }, config);
  return { invalid, keepsStateOnDeletion: keepsState(config) };
}

function keepsState(config: FlinkConfig): boolean {
  try {
    return config.get(operatorOptions.savepointOnDeletion);
  } catch (error) {
    if (error instanceof BuildError) return false;
    throw error;
  }
}
