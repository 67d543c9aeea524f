import { describe, expect, expectTypeOf, it } from "vitest";
import { type FieldType, fieldsOf } from "../declaration.ts";
import type { KubeObject } from "../kubernetes.ts";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  type FlinkDeploymentSpec,
  type FlinkDeploymentStatus,
  type FlinkVersion,
  flinkDeploymentSpecFields,
  flinkDeploymentStatus,
  isAtLeast,
  isSupportedFlinkVersion,
  type UpgradeMode,
} from "./flinkdeployment.ts";

describe("the types of a FlinkDeployment", () => {
  it("are derived from its declaration", () => {
    type Spec = FlinkDeploymentSpec;
    expectTypeOf<NonNullable<Spec["job"]>["upgradeMode"]>().toEqualTypeOf<UpgradeMode | undefined>();
    expectTypeOf<NonNullable<Spec["job"]>["args"]>().toEqualTypeOf<string[] | undefined>();
    expectTypeOf<Spec["flinkVersion"]>().toEqualTypeOf<FlinkVersion | undefined>();
    expectTypeOf<NonNullable<NonNullable<Spec["taskManager"]>["resources"]>["limits"]>().toEqualTypeOf<
      Record<string, number | string> | undefined
    >();
    expectTypeOf<NonNullable<FlinkDeploymentStatus["conditions"]>[number]["type"]>().toEqualTypeOf<
      string | undefined
    >();
    expectTypeOf<FlinkDeployment>().toExtend<KubeObject>();
  });

  it("allow clearing a status field by assignment", () => {
    const status: FlinkDeploymentStatus = { error: "old", jobStatus: { jobId: "1" } };
    status.error = undefined;
    expect(JSON.stringify(status)).toBe('{"jobStatus":{"jobId":"1"}}');
  });

  it("allow a missing spec, as in canaries", () => {
    const canary: KubeObject = { metadata: { name: "canary" } };
    expect(asFlinkDeployment(canary).spec).toEqual({});
  });
});

describe("Flink versions", () => {
  it("compare by age, not as text", () => {
    expect(isAtLeast("v1_20", "v1_17")).toBe(true);
    expect(isAtLeast("v2_0", "v1_20")).toBe(true);
    expect(isAtLeast("v1_17", "v1_17")).toBe(true);
    expect(isAtLeast("v1_16", "v1_17")).toBe(false);
  });

  it("are supported from 1.15 on", () => {
    expect(isSupportedFlinkVersion("v1_15")).toBe(true);
    expect(isSupportedFlinkVersion("v1_14")).toBe(false);
    expect(isSupportedFlinkVersion("v9_9")).toBe(false);
    expect(isSupportedFlinkVersion(undefined)).toBe(false);
  });
});

describe("the declaration", () => {
  it("gives every spec field a change class, except in objects that are compared as a whole", () => {
    for (const field of flinkDeploymentSpecFields) expect(field.change, field.name).toBeDefined();
    for (const name of ["job", "taskManager"]) {
      const parent = flinkDeploymentSpecFields.find((field) => field.name === name);
      for (const field of fieldsOf(parent?.type as FieldType)) {
        expect(field.change, `${name}.${field.name}`).toBeDefined();
      }
    }
  });

  it("has the effect of a change of each field", () => {
    const of = (path: string) => {
      let fields = flinkDeploymentSpecFields;
      let change: unknown;
      for (const name of path.split(".")) {
        const field = fields.find((candidate) => candidate.name === name);
        change = field?.change;
        fields = field === undefined ? [] : fieldsOf(field.type);
      }
      return change;
    };
    expect(of("job.parallelism")).toEqual({ native: "upgrade", standalone: "scale" });
    expect(of("taskManager.replicas")).toEqual({ native: "upgrade", standalone: "scale" });
    expect(of("job.upgradeMode")).toEqual({ native: "ignore", standalone: "ignore" });
    expect(of("job.savepointRedeployNonce")).toEqual({
      native: "redeploy",
      standalone: "redeploy",
      whenCleared: "ignore",
    });
    expect(of("restartNonce")).toEqual({ native: "upgrade", standalone: "upgrade", whenCleared: "ignore" });
  });

  it("documents every field in sentences", () => {
    const walk = (type: FieldType, path: string): void => {
      for (const field of fieldsOf(type)) {
        expect(field.doc, `${path}.${field.name}`).toMatch(/^[`A-Z].*[.]$/s);
        walk(field.type, `${path}.${field.name}`);
      }
      if (type.kind === "list") walk(type.items, `${path}[]`);
    };
    walk(flinkDeploymentStatus, "status");
    for (const field of flinkDeploymentSpecFields) {
      expect(field.doc).toMatch(/^[`A-Z].*[.]$/s);
      walk(field.type, `spec.${field.name}`);
    }
  });
});
