import type { Submission } from "../../api/flinkFacts.ts";
import { resourceTypes } from "../../api/kubernetes.ts";
import type { KubeApi } from "../../kube/api.ts";
import { isNotFound } from "../../kube/errors.ts";
import { resolveReferences } from "./sessionProgram.ts";

/** The submission of a script with the texts of the ConfigMaps that it names, which are read now. Another one stays as it is. */
export async function withReferences(
  kube: Pick<KubeApi, "get">,
  submission: Submission,
): Promise<Submission> {
  const { namespace, ownJar, run } = submission;
  // Arguments of the user may have any form.
  if (ownJar === undefined || namespace === undefined) return submission;
  const programArgs = await resolveReferences(run.programArgs, async (name) => {
    try {
      const { data = {} } = await kube.get(resourceTypes.configMap, namespace, name);
      return data as Readonly<Record<string, string>>;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  });
  return { ...submission, run: { ...run, programArgs } };
}
