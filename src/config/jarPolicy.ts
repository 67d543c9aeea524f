import type { JarPolicy } from "../api/jarUri.ts";
import type { FlinkConfig } from "./flinkConfig.ts";
import { operatorOptions } from "./operatorOptions.ts";

/** The allowed sources of session jobs' jars, from the operator's configuration. */
export const jarPolicy = (config: FlinkConfig): JarPolicy => ({
  schemes: config.get(operatorOptions.artifactSchemes).map((scheme) => scheme.trim().toLowerCase()),
  restrictedHosts: config.get(operatorOptions.artifactRestrictedHosts) ? "refuse" : "allow",
  options: {
    schemes: operatorOptions.artifactSchemes.key,
    restrictedHosts: operatorOptions.artifactRestrictedHosts.key,
    headers: operatorOptions.artifactHeaders.key,
  },
});
