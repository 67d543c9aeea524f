import { type Permission, rulesOf } from "../../src/controllers/permissions.ts";

/** One verb of one resource, as it is shown where it is missing or unused. */
export const grantOf = (group: string, resource: string, verb: string): string =>
  `${verb} ${group}/${resource}`;

/** What these rights grant, one entry for each verb of each resource. */
export const grantsOf = (rights: readonly Permission[]): ReadonlySet<string> =>
  new Set(
    rulesOf(rights).flatMap(({ apiGroups: [group = ""], resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => grantOf(group, resource, verb))),
    ),
  );
