import { buildCustomResourceDefinition } from "../../../api/crd.ts";
import { resourceTypes } from "../../../api/kubernetes.ts";
import { kinds } from "../../../api/v1beta1/kinds.ts";
import { isForbidden, isNotFound } from "../../../kube/errors.ts";
import type { Caller } from "../callers.ts";
import { fleetTypes } from "../fleet/row.ts";
import { HttpError } from "../httpError.ts";
import { checkPlural } from "./subject.ts";

interface Definition {
  readonly spec?: {
    readonly versions?: readonly {
      readonly name: string;
      readonly schema?: { readonly openAPIV3Schema?: unknown };
    }[];
  };
}

/** The schema of a kind: that of the cluster's definition, or of this version where the caller may not read that. */
export async function schemaOf({ kube }: Caller, plural: string | undefined): Promise<unknown> {
  const type = fleetTypes[checkPlural(plural)];
  const schemaIn = ({ spec }: Definition) =>
    spec?.versions?.find(({ name }) => name === type.version)?.schema?.openAPIV3Schema;
  const own = (): unknown => {
    const kind = kinds.find((each) => each.plural === type.plural);
    return kind && schemaIn(buildCustomResourceDefinition(kind) as Definition);
  };
  const readFromCluster = async (): Promise<unknown> => {
    try {
      const name = `${type.plural}.${type.group}`;
      return schemaIn((await kube.get(resourceTypes.customResourceDefinition, "", name)) as Definition);
    } catch (error) {
      if (isForbidden(error) || isNotFound(error)) return undefined;
      throw error;
    }
  };
  const schema = (await readFromCluster()) ?? own();
  if (schema === undefined) throw new HttpError(404, `There is no schema of ${type.kind}.`);
  return schema;
}
