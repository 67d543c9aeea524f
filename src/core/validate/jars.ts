/** The jars beside a job's program. */
import { isLocal, type JarPolicy, jarRefusalReason, readJarUri } from "../../api/jarUri.ts";
import type { JarSource } from "../../api/v1beta1/program.ts";
import { jarPolicy } from "../../config/jarPolicy.ts";
import { declaredJars } from "../../config/jobJars.ts";
import { type Check, isBlank } from "./check.ts";
import type { ValidationError } from "./validationError.ts";

export const jarsReadable: Check = ({ spec: { job }, config }) => {
  if (job === undefined) return undefined;
  const { field, jars } = declaredJars(job);
  const policy = jarPolicy(config);
  return jars
    .map((jar, index) => jarProblem(jar, `${field}[${index}]`, policy))
    .find((problem) => problem !== undefined);
};

const example = "https://host/connector.jar, or local:///opt/connector.jar for a file in the image";

function jarProblem(
  { uri = "", sha256 }: JarSource,
  field: string,
  policy: JarPolicy,
): ValidationError | undefined {
  const ofUri = (message: string) => ({ field: `${field}.uri`, message });
  if (isBlank(uri)) return ofUri(`must be set, as ${example}`);
  const read = readJarUri(uri);
  if ("wrong" in read) return ofUri(read.wrong);
  if (read.sha256 !== undefined) return ofUri(`has a checksum: write it as ${field}.sha256`);
  if (isLocal(read.scheme)) return localProblem(uri, sha256, field);
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256))
    return {
      field: `${field}.sha256`,
      message: `"${sha256.slice(0, 80)}" is no checksum: write 64 hexadecimal digits, as sha256sum prints them`,
    };
  const refused = jarRefusalReason(read, policy);
  return refused === undefined ? undefined : ofUri(refused);
}

/** What has another meaning in a list of class paths is no part of a path. */
const localJar = /^local:\/\/\/[^\s,;:'"%?#]+\.jar$/;

function localProblem(uri: string, sha256: string | undefined, field: string): ValidationError | undefined {
  if (!localJar.test(uri))
    return {
      field: `${field}.uri`,
      message: `must be a jar in the image, as local:///opt/connector.jar, not "${uri.slice(0, 100)}"`,
    };
  return sha256 === undefined
    ? undefined
    : {
        field: `${field}.sha256`,
        message: "is for a jar that is fetched: a file of the image is what the image has; leave it out",
      };
}
