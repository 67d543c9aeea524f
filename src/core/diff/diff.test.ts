import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storedSpecs } from "../../../test/support/golden.ts";
import { describeExamples } from "../../../test/support/otherProjects.ts";
import type { FlinkDeploymentSpec } from "../../api/v1beta1/flinkdeployment.ts";
import { formatLastReconciledSpec, readLastReconciledSpec } from "../spec/lastReconciledSpec.ts";
import { diffSpec, type SpecDiffType } from "./diff.ts";

const base: FlinkDeploymentSpec = {
  image: "img1",
  flinkVersion: "v2_2",
  serviceAccount: "flink",
  flinkConfiguration: { "taskmanager.numberOfTaskSlots": 2, state: { "checkpoints.dir": "file:/cp" } },
  podTemplate: {
    metadata: { labels: { a: "1" } },
    spec: { containers: [{ name: "flink-main-container", env: [{ name: "PASSWORD", value: "hunter2" }] }] },
  },
  jobManager: { resource: { cpu: 1, memory: "1g" } },
  taskManager: { resources: { requests: { cpu: "1", memory: "1Gi" } }, replicas: 1 },
  job: { jarURI: "local:///a.jar", parallelism: 2, upgradeMode: "savepoint", args: ["--a"] },
};

type Edit = (spec: FlinkDeploymentSpec) => void;
const edited = (edit: Edit, of = base): FlinkDeploymentSpec => {
  const spec = structuredClone(of);
  edit(spec);
  return spec;
};
const job =
  (change: FlinkDeploymentSpec["job"]): Edit =>
  (spec) => {
    spec.job = { ...spec.job, ...change };
  };
const configuration =
  (change: Record<string, unknown>): Edit =>
  (spec) => {
    spec.flinkConfiguration = { ...spec.flinkConfiguration, ...change };
  };

/** Changes and their type in native and in standalone mode (REFERENCE 3). */
const cases: [string, Edit, SpecDiffType, SpecDiffType?][] = [
  ["nothing", () => {}, "IGNORE"],
  ["image", (spec) => (spec.image = "img2"), "UPGRADE"],
  ["image to null", (spec) => (spec.image = undefined), "UPGRADE"],
  ["imagePullPolicy", (spec) => (spec.imagePullPolicy = "Always"), "UPGRADE"],
  ["serviceAccount", (spec) => (spec.serviceAccount = "other"), "UPGRADE"],
  ["flinkVersion", (spec) => (spec.flinkVersion = "v2_3"), "UPGRADE"],
  ["ingress (an upgrade for the Java operator)", (spec) => (spec.ingress = { template: "a.b" }), "APPLY"],
  [
    "ingress, to an HTTPRoute",
    (spec) => (spec.ingress = { template: "a.b", parentRefs: [{ name: "edge" }] }),
    "APPLY",
  ],
  ["logConfiguration", (spec) => (spec.logConfiguration = { "log4j-console.properties": "x" }), "UPGRADE"],
  ["mode", (spec) => (spec.mode = "standalone"), "UPGRADE"],
  ["restartNonce", (spec) => (spec.restartNonce = 1), "UPGRADE"],
  ["job.jarURI", job({ jarURI: "local:///b.jar" }), "UPGRADE"],
  ["job.entryClass", job({ entryClass: "B" }), "UPGRADE"],
  ["job.args", job({ args: ["--b"] }), "UPGRADE"],
  ["job.state", job({ state: "suspended" }), "UPGRADE"],
  ["job.sql", job({ sql: { script: "SELECT 1" } }), "UPGRADE"],
  ["job.python", job({ python: { script: "import a" } }), "UPGRADE"],
  ["job.parallelism", job({ parallelism: 3 }), "UPGRADE", "SCALE"],
  ["job.upgradeMode", job({ upgradeMode: "stateless" }), "IGNORE"],
  ["job.allowNonRestoredState", job({ allowNonRestoredState: true }), "IGNORE"],
  ["job.initialSavepointPath", job({ initialSavepointPath: "file:/sp" }), "IGNORE"],
  ["job.savepointTriggerNonce", job({ savepointTriggerNonce: 1 }), "IGNORE"],
  ["job.checkpointTriggerNonce", job({ checkpointTriggerNonce: 1 }), "IGNORE"],
  ["job.autoscalerResetNonce", job({ autoscalerResetNonce: 1 }), "IGNORE"],
  ["job.savepointRedeployNonce", job({ savepointRedeployNonce: 1 }), "SAVEPOINT_REDEPLOY"],
  ["no job", (spec) => (spec.job = undefined), "UPGRADE"],
  ["a Flink key", configuration({ "execution.checkpointing.interval": "1m" }), "UPGRADE"],
  ["a Flink key removed", (spec) => (spec.flinkConfiguration = {}), "UPGRADE"],
  ["an autoscaler key", configuration({ "job.autoscaler.enabled": true }), "IGNORE"],
  ["a nested autoscaler key", configuration({ job: { autoscaler: { enabled: true } } }), "IGNORE"],
  ["an operator key", configuration({ "kubernetes.operator.reconcile.interval": "5 s" }), "IGNORE"],
  ["default parallelism", configuration({ "parallelism.default": 7 }), "IGNORE"],
  ["what begins like it", configuration({ "parallelism.default.x": 7 }), "IGNORE"],
  [
    "parallelism overrides",
    configuration({ "pipeline.jobvertex-parallelism-overrides": "a:1" }),
    "SCALE",
    "UPGRADE",
  ],
  [
    "taskManager.replicas",
    (spec) => (spec.taskManager = { ...spec.taskManager, replicas: 2 }),
    "UPGRADE",
    "SCALE",
  ],
  [
    "taskManager.resources",
    (spec) => (spec.taskManager = { ...spec.taskManager, resources: { requests: { cpu: "2" } } }),
    "UPGRADE",
  ],
  ["no taskManager", (spec) => (spec.taskManager = undefined), "UPGRADE"],
  ["jobManager.replicas", (spec) => (spec.jobManager = { ...spec.jobManager, replicas: 2 }), "UPGRADE"],
  ["podTemplate", (spec) => (spec.podTemplate = { spec: {} }), "UPGRADE"],
  ["no podTemplate", (spec) => (spec.podTemplate = undefined), "UPGRADE"],
];

describe("a change of", () => {
  it.each(cases)("%s", (_, edit, native, standalone = native) => {
    const after = edited(edit);
    expect(diffSpec(base, after, { mode: "native" }).type).toBe(native);
    expect(diffSpec(base, after, { mode: "standalone" }).type).toBe(standalone);
  });

  it("several fields has the strongest type", () => {
    const after = edited((spec) => {
      job({ savepointRedeployNonce: 2, upgradeMode: "stateless" })(spec);
      spec.image = "img2";
    });
    expect(diffSpec(base, after).type).toBe("SAVEPOINT_REDEPLOY");
  });

  it("is evaluated for the mode of the new spec by default", () => {
    const standalone = edited((spec) => (spec.mode = "standalone"));
    expect(diffSpec(standalone, edited(job({ parallelism: 9 }), standalone)).type).toBe("SCALE");
  });

  it("a nonce to null is no change", () => {
    const before = edited((spec) => {
      spec.restartNonce = 3;
      job({ savepointRedeployNonce: 3 })(spec);
    });
    expect(diffSpec(before, base)).toMatchObject({ type: "IGNORE", changes: [] });
  });
});

describe("no change", () => {
  it.each<[string, Edit]>([
    ['2 and "2" in Flink\'s configuration', configuration({ "taskmanager.numberOfTaskSlots": "2" })],
    [
      "nested and dotted keys",
      (spec) =>
        (spec.flinkConfiguration = {
          taskmanager: { numberOfTaskSlots: 2 },
          "state.checkpoints.dir": "file:/cp",
        }),
    ],
    [
      "another way to write a quantity",
      (spec) =>
        (spec.taskManager = { ...spec.taskManager, resources: { requests: { memory: "1024Mi", cpu: 1 } } }),
    ],
    ["a default written out", job({ state: "running" })],
    [
      "kind and apiVersion of a pod template",
      (spec) => Object.assign(spec.podTemplate ?? {}, { kind: "Pod" }),
    ],
    [
      "an empty list in a pod template",
      (spec) => Object.assign(spec.podTemplate?.spec ?? {}, { volumes: [] }),
    ],
  ])("%s", (_, edit) => {
    expect(diffSpec(base, edited(edit)).changes).toEqual([]);
  });

  it("a large number that one side has in full and the other rounded", () => {
    const text = formatLastReconciledSpec(base, { firstDeployment: false }).replace(
      '"flinkConfiguration":{',
      '"flinkConfiguration":{"a.max":9223372036854775807,',
    );
    const stored = readLastReconciledSpec(text)?.spec ?? {};
    const delivered = edited(configuration({ "a.max": JSON.parse("9223372036854775807") }));
    expect(diffSpec(stored, delivered).changes).toEqual([]);
    expect(diffSpec(stored, edited(configuration({ "a.max": "9223372036854775806" }))).type).toBe("UPGRADE");
  });

  const title = "between a spec and what the Java operator stored of it";
  it.each(storedSpecs)(`${title}: $name`, ({ spec, stored }) => {
    expect(diffSpec(readLastReconciledSpec(stored)?.spec ?? {}, spec).changes).toEqual([]);
  });

  describeExamples<{ input: { spec?: FlinkDeploymentSpec }; lastReconciledSpec_firstDeploy_asIs: string }>(
    "of the examples",
    (examples) =>
      it.each(examples)(`${title}: $file`, ({ recording }) => {
        const stored = readLastReconciledSpec(recording.lastReconciledSpec_firstDeploy_asIs);
        expect(diffSpec(stored?.spec ?? {}, recording.input.spec ?? {}).changes).toEqual([]);
      }),
    "FlinkDeployment",
  );

  it("between any spec and its stored form", () => {
    // Whole numbers that JavaScript rounds have a case of their own.
    const anything = fc.jsonValue({ maxDepth: 3 }).filter((value) => !/\d{16}/.test(JSON.stringify(value)));
    const anySpec = fc.record(
      {
        job: fc.record({ jarURI: fc.string(), args: fc.array(fc.string()) }),
        flinkConfiguration: fc.dictionary(fc.string(), anything),
        podTemplate: fc.dictionary(fc.constantFrom("metadata", "spec", "kind"), anything),
        taskManager: fc.record({
          resources: anything,
          resource: fc.record({ cpu: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
        }),
        logConfiguration: fc.dictionary(fc.string(), fc.string()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anySpec, anySpec, (spec, other) => {
        const stored = readLastReconciledSpec(formatLastReconciledSpec(spec, { firstDeployment: false }));
        expect(diffSpec(stored?.spec ?? {}, spec).changes).toEqual([]);
        const [there, back] = [diffSpec(spec, other), diffSpec(other, spec)];
        expect(there.type).toBe(back.type);
        expect(there.changes.map(({ path }) => path).sort()).toEqual(
          back.changes.map(({ path }) => path).sort(),
        );
      }),
    );
  });
});

describe("the text", () => {
  const text = (edit: Edit, before = base) => diffSpec(before, edited(edit, before)).text;

  it("names each field with its old and new value", () => {
    const before = edited((spec) => {
      spec.ingress = { template: "a.b" };
    });
    expect(
      text((spec) => {
        spec.image = "img2";
        spec.ingress = undefined;
        job({ args: ["--b", "c"] })(spec);
        configuration({ key: "b" })(spec);
      }, before),
    ).toBe(
      "UPGRADE change(s) detected (Diff: FlinkDeploymentSpec[job.args : [--a] -> [--b, c], " +
        "flinkConfiguration.key : null -> b, image : img1 -> img2, ingress : {..} -> null]), starting reconciliation.",
    );
  });

  it.each<[string, Edit]>([
    ["a key that names it", configuration({ "s3.secret-key": "hunter2" })],
    ["a nested key", configuration({ security: { ssl: { "keystore-password": "hunter2" } } })],
    ["an assignment in a value", configuration({ "env.java.opts.all": "-Xmx1g -Ddb.password=hunter2" })],
    ["a URL", job({ jarURI: "https://user:hunter2@host/a.jar" })],
    ["a URL's query", job({ jarURI: "https://host/a.jar?token=hunter2&x=1" })],
    ["an argument", job({ args: ["--db-password", "hunter2"] })],
    ["a pod template", (spec) => (spec.podTemplate = { spec: { containers: [{ name: "hunter2" }] } })],
    ["a logging file", (spec) => (spec.logConfiguration = { "log4j-console.properties": "hunter2" })],
    [
      "the JobManager's pod template",
      (spec) => (spec.jobManager = { ...spec.jobManager, podTemplate: { spec: { hostname: "hunter2" } } }),
    ],
  ])("masks a secret in %s", (_, edit) => {
    const bare = edited((spec) => (spec.podTemplate = { spec: {} }));
    for (const shown of [text(edit, bare), diffSpec(edited(edit, bare), bare).text]) {
      expect(shown).toMatch(/\*{6}/);
      expect(shown).not.toContain("hunter2");
    }
  });

  it("contains the path of a change in a pod template", () => {
    const after = structuredClone(base);
    Object.assign(after.podTemplate?.spec ?? {}, {
      containers: [{ name: "flink-main-container", env: [{ name: "PASSWORD", value: "hunter3" }] }],
    });
    expect(diffSpec(base, after).text).toContain(
      "[podTemplate.spec.containers.0.env.0.value : ****** -> ******]",
    );
  });

  it("has a maximum length", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key.${i}`, "x".repeat(500)]));
    const shown = text(configuration(many));
    expect(shown).toContain("and 88 more]");
    expect(shown.length).toBeLessThan(2_000);
  });
});

describe("a program", () => {
  const sql = (fields: object): FlinkDeploymentSpec => ({
    ...base,
    job: { sql: { script: "SELECT 'a  b' -- the  first\nFROM t", ...fields } },
  });

  it("restarts nothing if only comments and white space of its script change", () => {
    expect(diffSpec(sql({}), sql({ script: "/* new */ SELECT  'a  b' FROM t\n" }))).toMatchObject({
      type: "IGNORE",
    });
  });

  it("restarts nothing if an empty map or list comes or goes", () => {
    expect(diffSpec(sql({}), sql({ variables: {}, variablesFrom: [] }))).toMatchObject({ type: "IGNORE" });
    const python = (fields: object): FlinkDeploymentSpec => ({
      ...base,
      job: { python: { script: "a", ...fields } },
    });
    expect(diffSpec(python({ files: [], archives: [] }), python({}))).toMatchObject({ type: "IGNORE" });
  });

  it.each([
    ["quoted white space", { script: "SELECT 'a b' FROM t" }],
    ["a variable", { variables: { a: "1" } }],
    ["where variables come from", { variablesFrom: [{ secretRef: { name: "a" } }] }],
    [
      "the place of the script",
      { script: undefined, scriptFrom: [{ configMapKeyRef: { name: "a", key: "b" } }] },
    ],
  ])("restarts the job for a change of %s", (_, fields) => {
    expect(diffSpec(sql({}), sql(fields))).toMatchObject({ type: "UPGRADE" });
  });

  it("restarts the job for any change of a Python program, whose white space counts", () => {
    const python = (script: string): FlinkDeploymentSpec => ({ ...base, job: { python: { script } } });
    expect(diffSpec(python("if a:\n b"), python("if a:\n  b"))).toMatchObject({ type: "UPGRADE" });
  });

  it("is not shown in the event, since it may hold secrets", () => {
    const { text } = diffSpec(
      sql({ variables: { a: "hunter1" } }),
      sql({ script: "hunter2", variables: { a: "hunter3" } }),
    );
    expect(text).toContain("job.sql.script : ****** -> ******");
    expect(text).not.toContain("hunter");
  });
});
