import { type Permission, rulesOf } from "../../src/controllers/permissions.ts";

/** The text form of one verb of one resource. */
export const grantOf = (group: string, resource: string, verb: string): string =>
  `${verb} ${group}/${resource}`;

/** The grants of these permissions, one entry for each verb of each resource. */
export const grantsOf = (permissions: readonly Permission[]): ReadonlySet<string> =>
  new Set(
    rulesOf(permissions).flatMap(({ apiGroups: [group = ""], resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => grantOf(group, resource, verb))),
    ),
  );
