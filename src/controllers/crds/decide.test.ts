import { expect, it } from "vitest";
import { buildCustomResourceDefinition } from "../../api/crd.ts";
import { flinkDeployment } from "../../api/v1beta1/flinkdeployment.ts";
import { decideCrd, type PresentDefinition } from "./decide.ts";

const present = (change: (spec: PresentDefinition["spec"]) => void = () => {}): PresentDefinition => {
  const definition = structuredClone(
    buildCustomResourceDefinition(flinkDeployment),
  ) as unknown as PresentDefinition;
  change(definition.spec);
  return definition;
};

const reasonOf = (definition: PresentDefinition): string => {
  const decision = decideCrd(flinkDeployment, definition);
  return decision.kind === "refuse" ? decision.reason : "";
};

it("is applied if none is installed, and over an identical one", () => {
  const definition = buildCustomResourceDefinition(flinkDeployment);
  expect(decideCrd(flinkDeployment, undefined)).toEqual({ kind: "apply", definition });
  expect(decideCrd(flinkDeployment, present())).toEqual({ kind: "apply", definition });
});

it("does not replace a definition with more fields, and names them", () => {
  const reason = reasonOf(
    present(({ versions: [version] }) => {
      const spec = version?.schema?.openAPIV3Schema?.properties?.spec;
      if (spec?.properties) spec.properties.later = { type: "string" };
      if (version?.subresources) version.subresources.later = {};
    }),
  );
  expect(reason).toContain("flinkdeployments.flink.apache.org");
  expect(reason).toContain("spec.later, subresource later");
  expect(reason).toContain("crds.upgrade: false");
});

it("does not replace a definition with another version or scope", () => {
  const reason = reasonOf(
    present((spec) => {
      spec.scope = "Cluster";
      spec.versions.push({ name: "v1" });
    }),
  );
  expect(reason).toContain("scope Cluster, version v1");
});

it("lists ten fields and counts the others", () => {
  const reason = reasonOf(
    present(({ versions: [version] }) => {
      const { properties = {} } = version?.schema?.openAPIV3Schema ?? {};
      for (let index = 0; index < 12; index += 1) properties[`field${index}`] = { type: "string" };
    }),
  );
  expect(reason).toContain("field0, ");
  expect(reason).toContain("field9 and 2 more");
});
