/** The jars beside a job's program. */
import { isLocal, type JarPolicy, jarRefusalReason, readJarUri } from "../../api/jarUri.ts";
import type { PodTemplateSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { MAIN_CONTAINER } from "../../api/v1beta1/names.ts";
import type { JarSource } from "../../api/v1beta1/program.ts";
import { jarPolicy } from "../../config/jarPolicy.ts";
import { declaredJars, hasFetchedJars, JARS_DIRECTORY } from "../../config/jobJars.ts";
import { JAR_FETCHER, JARS_VOLUME, REQUEST_DIRECTORY, REQUEST_VOLUME } from "../build/jarFetcher.ts";
import { asList, asRecord } from "../build/json.ts";
import { type Check, isBlank } from "./check.ts";
import { podTemplatesOf } from "./podTemplateFields.ts";
import type { ValidationError } from "./validationError.ts";

export const jarsReadable: Check = ({ spec: { job }, config }) => {
  if (job === undefined) return undefined;
  const { field, jars } = declaredJars(job);
  const policy = jarPolicy(config);
  return jars
    .map((jar, index) => jarProblem(jar, `${field}[${index}]`, policy))
    .find((problem) => problem !== undefined);
};

/** What the operator adds to the pods of a job with such jars cannot be there twice. */
export const jarsHaveRoom: Check = ({ spec }) =>
  hasFetchedJars(spec.job)
    ? podTemplatesOf(spec).flatMap(({ field, template }) => reservedIn(template, `${field}.spec`))[0]
    : undefined;

const reservedNames: ReadonlySet<unknown> = new Set([JARS_VOLUME, REQUEST_VOLUME, JAR_FETCHER]);
const reservedPaths: ReadonlySet<unknown> = new Set([JARS_DIRECTORY, REQUEST_DIRECTORY]);

function reservedIn({ spec }: PodTemplateSpec, field: string): ValidationError[] {
  const { volumes, initContainers, containers } = asRecord(spec);
  const named = (list: unknown, path: string) =>
    asList(list).map((each, at) => ({ value: asRecord(each).name, field: `${path}[${at}].name` }));
  const mounts = asList(containers).flatMap((container, at) =>
    asRecord(container).name === MAIN_CONTAINER
      ? asList(asRecord(container).volumeMounts).map((mount, index) => ({
          value: String(asRecord(mount).mountPath).replace(/\/+$/, ""),
          field: `${field}.containers[${at}].volumeMounts[${index}].mountPath`,
        }))
      : [],
  );
  const taken = [
    ...[...named(volumes, `${field}.volumes`), ...named(initContainers, `${field}.initContainers`)].filter(
      ({ value }) => reservedNames.has(value),
    ),
    ...mounts.filter(({ value }) => reservedPaths.has(value)),
  ];
  return taken.map((each) => ({
    field: each.field,
    message: `"${each.value}" is what the operator adds to fetch the jars of the job: use another one`,
  }));
}

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
  if (read.url.username !== "" || read.url.password !== "")
    return ofUri(
      "has a user or a password, which would be readable in a ConfigMap: write it without, and let the pods have the right " +
        "to read it, as with s3:// and the credentials of their service account",
    );
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
