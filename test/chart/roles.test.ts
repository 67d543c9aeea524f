import { describe, expect, it } from "vitest";
import type { Manifest } from "../../scripts/chart/helm.ts";
import {
  clusterAutoscalerPermissions,
  crdPermissions,
  jobPermissions,
  leaderElectionPermissions,
  namespacePermissions,
  nodePermissions,
  type Permission,
  type PolicyRule,
  rulesOf,
} from "../../src/controllers/permissions.ts";
import { render } from "./support.ts";

/** Rules as a list that does not depend on how they are grouped or ordered. */
const grants = (rules: readonly PolicyRule[]): string[] =>
  rules
    .flatMap(({ apiGroups, resources, verbs, resourceNames = [""] }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.flatMap((verb) => resourceNames.map((name) => `${verb} ${group}/${resource} ${name}`)),
        ),
      ),
    )
    .sort();

const grantedBy = (role: Manifest): string[] => grants(role.rules);
const declared = (...permissions: readonly Permission[]): string[] => grants(rulesOf(permissions));
const configuration = "flink-operator-flink-operator-webhook-configuration";
const noWebhook = { webhook: { create: false } };

describe("the roles have the permissions that the code declares", () => {
  it("in the whole cluster", () => {
    const rendered = render();
    expect(grantedBy(rendered.one("ClusterRole", "flink-operator"))).toEqual(
      declared(...namespacePermissions),
    );
    expect(grantedBy(rendered.one("ClusterRole", "flink-operator-flink-operator-crds"))).toEqual(
      declared(...crdPermissions),
    );
    expect(grantedBy(rendered.one("Role", "flink"))).toEqual(declared(...jobPermissions));
    expect(grantedBy(rendered.one("ClusterRole", "flink-operator-flink-operator-cluster"))).toEqual(
      ["mutating", "validating"]
        .flatMap((kind) =>
          ["list", "patch", "watch"].map(
            (verb) => `${verb} admissionregistration.k8s.io/${kind}webhookconfigurations ${configuration}`,
          ),
        )
        .sort(),
    );
    expect(grantedBy(rendered.one("Role", "flink-operator-own"))).toEqual([
      "create /secrets ",
      "list /secrets webhook-server-cert",
      "patch /secrets webhook-server-cert",
      "watch /secrets webhook-server-cert",
    ]);
  });

  it("in each of the watched namespaces, and in no other", () => {
    const rendered = render({ watchNamespaces: ["a", "flink-operator"], replicas: 2, ...noWebhook });
    expect(rendered.of("ClusterRole")).toEqual([]);
    const roles = rendered.of("Role").filter(({ metadata }) => metadata.name === "flink-operator");
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(["a", "flink-operator"]);
    for (const role of roles) expect(grantedBy(role)).toEqual(declared(...namespacePermissions));
    expect(grantedBy(rendered.one("Role", "flink-operator-own"))).toEqual(
      declared(...leaderElectionPermissions),
    );
    for (const namespace of ["a", "flink-operator"]) {
      const jobRole = rendered
        .of("Role")
        .find(({ metadata }) => metadata.name === "flink" && metadata.namespace === namespace);
      expect(jobRole && grantedBy(jobRole)).toEqual(declared(...jobPermissions));
    }
  });
});

describe("the rights to look at nodes", () => {
  const asked = { rbac: { nodesRule: { create: true } }, ...noWebhook };
  const name = "flink-operator-flink-operator-nodes";

  it.each([{}, { watchNamespaces: ["a"] }])(
    "are those that the code declares, wherever it works: %j",
    (where) => {
      const rendered = render({ ...asked, ...where });
      expect(grantedBy(rendered.one("ClusterRole", name))).toEqual(declared(...nodePermissions));
      const role = rendered.one("Role", name);
      expect(role.metadata.namespace).toBe("kube-system");
      expect(grantedBy(role)).toEqual(declared(...clusterAutoscalerPermissions));
    },
  );

  it("are not granted unless they are asked for", () => {
    const roles = [...render().of("ClusterRole"), ...render().of("Role")];
    expect(roles.filter(({ metadata }) => metadata.name === name)).toEqual([]);
    expect(roles.flatMap(grantedBy).filter((grant) => grant.includes("/nodes"))).toEqual([]);
  });
});

describe("every binding", () => {
  it("refers to a role and a service account of the release", () => {
    for (const values of [
      {},
      { watchNamespaces: ["a", "b"], replicas: 2, rbac: { nodesRule: { create: true } } },
    ]) {
      const rendered = render(values);
      const bindings = [...rendered.of("RoleBinding"), ...rendered.of("ClusterRoleBinding")];
      expect(bindings.length).toBeGreaterThan(2);
      for (const { metadata, roleRef, subjects } of bindings) {
        const roles = rendered
          .of(roleRef.kind)
          .filter((role) => role.metadata.namespace === metadata.namespace);
        expect(roles.map((role) => role.metadata.name)).toContain(roleRef.name);
        const accounts = rendered.of("ServiceAccount").map((account) => account.metadata);
        expect(accounts).toContainEqual(
          expect.objectContaining({ name: subjects[0].name, namespace: subjects[0].namespace }),
        );
      }
    }
  });
});

describe("the security contexts are restricted", () => {
  it.each([
    ["the operator and its webhook", "Deployment"],
    ["the hook", "Job"],
  ])("%s", (_, kind) => {
    const { spec } = render().one(kind).spec.template;
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 9999,
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const { securityContext } of spec.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });
});
