import type { Submission } from "../../api/flinkFacts.ts";
import { type KubeObject, resourceTypes } from "../../api/kubernetes.ts";
import { SQL_SCRIPT_LABEL } from "../../api/v1beta1/names.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isNotFound } from "../../kube/errors.ts";
import { resolveReferences } from "./sessionProgram.ts";

/**
 * The submission of a script with the texts of the ConfigMaps that it names, which are read now. Another one stays as it is. The operator
 * reads for whoever may create a FlinkSessionJob, so it reads only ConfigMaps with the label for it. `report` is told the hash of the texts.
 */
export async function withReferences(
  kube: Pick<KubeApi, "get">,
  submission: Submission,
  report: (texts: string) => void = () => {},
): Promise<Submission> {
  const { namespace, ownJar, run, runningTexts } = submission;
  // Arguments of the user may have any form.
  if (ownJar === undefined || namespace === undefined) return submission;
  const read = async (name: string) => {
    try {
      return readableTexts(await kube.get(resourceTypes.configMap, namespace, name));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  const { args, texts } = await resolveReferences(run.programArgs, read, runningTexts);
  if (texts !== undefined) report(texts);
  return { ...submission, run: { ...run, programArgs: args } };
}

/** The texts by key, also those that are binaryData, as a pod has them in files. A string: why they are not read. */
function readableTexts({
  metadata,
  data = {},
  binaryData = {},
}: KubeObject): Readonly<Record<string, string>> | string {
  if (metadata.labels?.[SQL_SCRIPT_LABEL] !== "true")
    return (
      `the ConfigMap ${metadata.name} has no label ${SQL_SCRIPT_LABEL}: "true", without which the operator reads none for a ` +
      "session job"
    );
  const texts = Object.entries(binaryData as Record<string, string>).map(
    ([key, base64]) => [key, Buffer.from(base64, "base64").toString()] as const,
  );
  const all = [...Object.entries(data as Record<string, string>), ...texts];
  return Object.fromEntries(all.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
