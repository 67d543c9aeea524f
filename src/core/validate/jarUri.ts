/** The valid values of a job's jarURI. */
import { readJarUri, whyNotFetched } from "../../api/jarUri.ts";
import { isAtLeast } from "../../api/v1beta1/flinkdeployment.ts";
import type { FlinkConfig } from "../../config/flinkConfig.ts";
import { flinkOptions } from "../../config/flinkOptions.ts";
import { jarPolicy } from "../../config/jarPolicy.ts";
import type { Check } from "./check.ts";
import type { ValidationError } from "./validationError.ts";

const field = "spec.job.jarURI";

/**
 * For a session job, whose jar the operator fetches itself: rule of REFERENCE 1.23, by the operator's own
 * configuration. The addresses of a host name are checked when the jar is fetched. Without a jar, the job's classes
 * are in the cluster's image.
 */
export function validateSessionJarUri(
  jarURI: string | undefined,
  operatorConfig: FlinkConfig,
): ValidationError | undefined {
  if (jarURI === undefined || jarURI === "") return undefined;
  const uri = readJarUri(jarURI);
  const message = "wrong" in uri ? uri.wrong : whyNotFetched(uri, jarPolicy(operatorConfig));
  return message === undefined ? undefined : { field, message };
}

/** The first version of Flink that fetches jars itself (FLINK-28915). */
const fetchesSince = "v1_19";

/** For an application, whose jar Flink loads or fetches itself. */
export const applicationJarUri: Check = ({ spec, config }) => {
  const jarURI = spec.job?.jarURI ?? "";
  if (jarURI === "") return undefined;
  const refused = (message: string) => ({ field, message });
  const inImage = "put the jar into the image and write it as local:///opt/flink/usrlib/job.jar";
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(jarURI.toLowerCase()) ?? [];
  if (scheme === undefined) {
    return /\s/.test(jarURI) ? refused(`"${jarURI}" is no URI: write blanks as %20`) : undefined;
  }
  const uri = readJarUri(jarURI);
  if ("wrong" in uri) return refused(uri.wrong);
  if (uri.sha256 !== undefined) {
    return refused(
      "has a checksum, which only session jobs' jars are checked for: Flink fetches an application's jar itself, and checks none; leave #sha256= out",
    );
  }
  if (scheme === "local" || (scheme === "file" && spec.mode === "standalone")) return undefined;
  if (spec.mode === "standalone")
    return refused(`Flink does not fetch by ${scheme} in standalone mode: ${inImage}`);
  if (spec.flinkVersion !== undefined && !isAtLeast(spec.flinkVersion, fetchesSince)) {
    return refused(
      `Flink fetches by ${scheme} only since ${fetchesSince}, and this is ${spec.flinkVersion}: ${inImage}`,
    );
  }
  return scheme === "http" && !config.get(flinkOptions.rawHttp)
    ? refused(
        `Flink fetches by http only where ${flinkOptions.rawHttp.key} is true: set it in spec.flinkConfiguration, or use https`,
      )
    : undefined;
};
