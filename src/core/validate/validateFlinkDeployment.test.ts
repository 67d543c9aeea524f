import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goldenCases } from "../../../test/support/golden.ts";
import { describeExamples } from "../../../test/support/otherProjects.ts";
import {
  asFlinkDeployment,
  type FlinkDeployment,
  type FlinkDeploymentSpec,
  flinkDeployment,
} from "../../api/v1beta1/flinkdeployment.ts";
import type { JarSource } from "../../api/v1beta1/program.ts";
import { effectiveConfig } from "../../config/effectiveConfig.ts";
import { emptyConfig, flinkConfig } from "../../config/flinkConfig.ts";
import { validateManifest } from "./manifest.ts";
import { validateFlinkDeployment } from "./validateFlinkDeployment.ts";

type Spec = FlinkDeploymentSpec;

const memory = { requests: { memory: "2048m", cpu: "1" } };

const session: Spec = {
  image: "flink:2.2",
  flinkVersion: "v2_2",
  serviceAccount: "flink",
  jobManager: { resources: memory },
  taskManager: { resources: memory },
};

const application: Spec = {
  ...session,
  job: { jarURI: "local:///opt/flink/usrlib/job.jar", parallelism: 2, upgradeMode: "stateless" },
};

const directories = { "state.checkpoints.dir": "s3://b/c", "state.savepoints.dir": "s3://b/s" };
const highAvailability = { "high-availability.type": "kubernetes" };

const withRoute = (ingress: Spec["ingress"]): Spec => ({
  ...application,
  ingress: { template: "host/{{name}}", parentRefs: [{ name: "edge" }], ...ingress },
});
const withJob = (job: Spec["job"], flinkConfiguration = {}): Spec => ({
  ...application,
  flinkConfiguration,
  job: { ...application.job, ...job },
});
const configured = (flinkConfiguration: Record<string, unknown>): Spec => ({
  ...application,
  flinkConfiguration,
});
const autoscaled = (options: Record<string, string>): Spec =>
  configured(
    Object.fromEntries(
      Object.entries({ enabled: "true", ...options }).map(([key, value]) => [`job.autoscaler.${key}`, value]),
    ),
  );
const without = (spec: Spec, field: keyof Spec): Spec => ({ ...spec, [field]: undefined });

interface Setting {
  readonly name?: string;
  readonly deployed?: Spec;
  readonly defaults?: Record<string, string>;
}

function validate(spec: unknown, { name = "job", deployed, defaults = {} }: Setting = {}) {
  const resource = { metadata: { name, namespace: "ns" }, spec } as FlinkDeployment;
  return validateFlinkDeployment(
    resource,
    effectiveConfig({ operatorConfig: flinkConfig(defaults), resource }),
    deployed,
  );
}

const ofProgram = (job: Spec["job"]): Spec => ({ ...application, job: { parallelism: 2, ...job } });
const withFetchedJar = (podTemplate: object): Spec => ({
  ...ofProgram({ jarURI: "local:///a.jar", jars: [{ uri: "https://a.example.com/a.jar" }] }),
  podTemplate: { spec: podTemplate } as NonNullable<Spec["podTemplate"]>,
});
const mainMounts = (mountPath: string) => ({
  containers: [{ name: "flink-main-container", volumeMounts: [{ name: "own", mountPath }] }],
});
const reservedForJars: [string, RegExp, Spec][] = (
  [
    ["volumes[0].name", { volumes: [{ name: "flink-jars", emptyDir: {} }] }],
    ["initContainers[0].name", { initContainers: [{ name: "flink-jar-fetcher", image: "own" }] }],
    ["containers[0].volumeMounts[0].mountPath", mainMounts("/opt/flink/jars/")],
  ] as const
).map(([path, template]) => [
  `spec.podTemplate.spec.${path}`,
  /is what the operator adds to fetch the jars of the job: use another one/,
  withFetchedJar(template),
]);
const jarMistakes = (field: string, withJars: (jars: JarSource[]) => Spec): [string, RegExp, Spec][] => [
  [`${field}[0].uri`, /must be set, as https/, withJars([{ sha256: "a".repeat(64) }])],
  [
    `${field}[0].uri`,
    /has a user or a password, .*: write it without, and/,
    withJars([{ uri: "https://me:secret@a.example.com/a.jar" }]),
  ],
  [`${field}[1].uri`, /has no scheme/, withJars([{ uri: "local:///a.jar" }, { uri: "a.jar" }])],
  [
    `${field}[0].uri`,
    /http is not among the allowed schemes/,
    withJars([{ uri: "http://a.example.com/a.jar" }]),
  ],
  [`${field}[0].uri`, /the host 10.0.0.1 is/, withJars([{ uri: "https://10.0.0.1/a.jar" }])],
  [`${field}[0].uri`, /must be a jar in the image/, withJars([{ uri: "file:///a.jar" }])],
  [`${field}[0].uri`, /must be a jar in the image/, withJars([{ uri: "local:///a;b.jar" }])],
  [
    `${field}[0].uri`,
    /write it as .*sha256/,
    withJars([{ uri: `https://a.example.com/a.jar#sha256=${"a".repeat(64)}` }]),
  ],
  [
    `${field}[0].sha256`,
    /no checksum: write 64/,
    withJars([{ uri: "https://a.example.com/a.jar", sha256: "1234" }]),
  ],
  [`${field}[0].sha256`, /leave it out/, withJars([{ uri: "local:///a.jar", sha256: "a".repeat(64) }])],
];
const sql = (fields: NonNullable<Spec["job"]>["sql"]) => ofProgram({ sql: { script: "INSERT", ...fields } });
const python = (fields: NonNullable<Spec["job"]>["python"]) => ofProgram({ python: fields });
const scriptKey = (key: string) => ({ configMapKeyRef: { name: "scripts", key } });

/** Each spec has exactly one error, at this field, with these words in its message. */
const refused: Record<string, readonly (readonly [string, RegExp, Spec, Setting?])[]> = {
  "the program": [
    ["spec.job.python", /beside spec.job.sql/, ofProgram({ sql: { script: "a" }, python: { script: "a" } })],
    [
      "spec.job.jarURI",
      /spec.job.sql: leave one/,
      ofProgram({ jarURI: "local:///a.jar", sql: { script: "a" } }),
    ],
    ["spec.job.entryClass", /spec.job.python/, ofProgram({ entryClass: "A", python: { script: "a" } })],
    ["spec.job.args", /spec.job.sql.variables/, ofProgram({ args: ["a"], sql: { script: "a" } })],
    ...jarMistakes("spec.job.sql.jars", (jars) => sql({ jars })),
    ...jarMistakes("spec.job.python.jars", (jars) => ofProgram({ python: { script: "a", jars } })).slice(
      0,
      1,
    ),
    ...reservedForJars,
    ...jarMistakes("spec.job.jars", (jars) => ofProgram({ jarURI: "local:///a.jar", jars })).slice(0, 1),
    [
      "spec.job.jars",
      /name them in spec.job.sql.jars/,
      ofProgram({ sql: { script: "a" }, jars: [{ uri: "local:///a.jar" }] }),
    ],
    ["spec.job.sql", /v1_16 or newer, and this is v1_15/, { ...sql({}), flinkVersion: "v1_15" }],
    ["spec.job.sql", /needs script or scriptFrom/, sql({ script: undefined })],
    ["spec.job.sql.script", /is blank/, sql({ script: " \n" })],
    ["spec.job.sql.script", /has 262146 bytes.*scriptFrom/, sql({ script: "é".repeat(131_073) })],
    ["spec.job.sql.scriptFrom", /beside spec.job.sql.script/, sql({ scriptFrom: [scriptKey("a")] })],
    ["spec.job.sql.scriptFrom", /is empty/, sql({ script: undefined, scriptFrom: [] })],
    ["spec.job.sql.scriptFrom[0]", /one of/, sql({ script: undefined, scriptFrom: [{}] })],
    [
      "spec.job.sql.scriptFrom[1].configMapKeyRef.key",
      /must be set/,
      sql({ script: undefined, scriptFrom: [scriptKey("a.sql"), { configMapKeyRef: { name: "a" } }] }),
    ],
    [
      "spec.job.sql.scriptFrom[1]",
      /key a.sql again/,
      sql({
        script: undefined,
        scriptFrom: [scriptKey("a.sql"), { secretKeyRef: { name: "a", key: "a.sql" } }],
      }),
    ],
    ['spec.job.sql.variables["a b"]', /no name of a variable/, sql({ variables: { a: "", "a b": "" } })],
    ["spec.job.sql.variables", /has 262152 bytes together/, sql({ variables: { ab: "x".repeat(262_144) } })],
    [
      "spec.job.sql.script",
      /has 262145 bytes together with spec.job.sql.variables, and may have 262144/,
      sql({ script: "x".repeat(200_000), variables: { a: "x".repeat(62_144) } }),
    ],
    ...["../a.sql", "..", "a b.sql"].map((key): [string, RegExp, Spec] => [
      "spec.job.sql.scriptFrom[0].configMapKeyRef.key",
      /is no key of a ConfigMap or Secret/,
      sql({ script: undefined, scriptFrom: [scriptKey(key)] }),
    ]),
    [
      "spec.job.sql.scriptFrom[0].secretKeyRef.key",
      /is the name of the jar that runs scripts/,
      sql({
        script: undefined,
        scriptFrom: [{ secretKeyRef: { name: "a", key: "flink-sql-runner.jar" } }],
      }),
    ],
    ['spec.job.sql.variables[".a"]', /dot/, sql({ variables: { ".a": "" } })],
    ["spec.job.sql.variablesFrom[0]", /one of/, sql({ variablesFrom: [{}] })],
    [
      "spec.job.sql.variablesFrom[0].secretRef.name",
      /must be set/,
      sql({ variablesFrom: [{ secretRef: {} }] }),
    ],
    ["spec.job.python", /needs script, scriptFrom, file or module/, python({})],
    ["spec.job.python.module", /beside spec.job.python.file/, python({ file: "local:///a.py", module: "a" })],
    ["spec.job.python.scriptFrom[0]", /end with .py/, python({ scriptFrom: [scriptKey("a.txt")] })],
    ["spec.job.python.file", /local:.*not "https:/, python({ file: "https://a/b.py" })],
    ["spec.job.python.file", /end with .py/, python({ file: "local:///a.zip" })],
    ["spec.job.python.requirements", /local:/, python({ script: "a", requirements: "r.txt" })],
    ["spec.job.python.files[1]", /local:/, python({ script: "a", files: ["local:///a", "s3://b"] })],
    ["spec.job.python.script", /has 262145 bytes, and/, python({ script: "x".repeat(262_145) })],
    ["spec.job.python.module", /package.job, not ""/, python({ module: "" })],
    ["spec.job.python.module", /not "job.py -x"/, python({ module: "job.py -x" })],
    ["spec.job.python.executable", /one path.*not ""/, python({ script: "a", executable: "" })],
    [
      "spec.job.python.executable",
      /without white space and options/,
      python({ script: "a", executable: "/opt/my venv/bin/python -u" }),
    ],
    ["spec.job.python.archives[0]", /local:/, python({ script: "a", archives: ["local:///a,b"] })],
  ],
  "1. the name": [
    ["metadata.name", /"Job" must be at most 45/, application, { name: "Job" }],
    ["metadata.name", /begin with a letter/, application, { name: "1job" }],
    ["metadata.name", /not end with "-"/, application, { name: "job-" }],
    ["metadata.name", /45/, application, { name: "a".repeat(46) }],
  ],
  "2. the Flink version": [
    ["spec.flinkVersion", /must be set/, without(application, "flinkVersion")],
    [
      "spec.flinkVersion",
      /v1_14 is not supported: use v1_15 or newer/,
      { ...application, flinkVersion: "v1_14" },
    ],
    [
      "spec.flinkVersion",
      /cannot change from v2_1 to v2_2 while the job is suspended by last-state/,
      withJob({ upgradeMode: "last-state" }, { ...directories, ...highAvailability }),
      {
        deployed: {
          ...withJob({ upgradeMode: "last-state", state: "suspended" }),
          flinkVersion: "v2_1",
        },
      },
    ],
  ],
  "3. the configuration": [
    ["kubernetes.namespace", /the operator sets it/, configured({ "kubernetes.namespace": "x" })],
    ["kubernetes.cluster-id", /the operator sets it/, configured({ kubernetes: { "cluster-id": "x" } })],
    ["high-availability.cluster-id", /operator sets/, configured({ "high-availability.cluster-id": "x" })],
    ["kubernetes.cluster-id", /operator sets/, application, { defaults: { "kubernetes.cluster-id": "x" } }],
    [
      "kubernetes.operator.deployment.rollback.enabled",
      /needs high availability/,
      configured({ "kubernetes.operator.deployment.rollback.enabled": true }),
    ],
    [
      "kubernetes.operator.cluster.health-check.enabled",
      /jm-deployment-recovery.enabled to be true/,
      configured({
        "kubernetes.operator.cluster.health-check.enabled": true,
        "kubernetes.operator.jm-deployment-recovery.enabled": false,
      }),
    ],
  ],
  "4. the ingress": [
    ["spec.ingress.template", /must be set/, { ...application, ingress: { className: "nginx" } }],
    [
      "spec.ingress.template",
      /"eighty" where the number/,
      { ...application, ingress: { template: "host:eighty/x" } },
    ],
    [
      "spec.ingress.template",
      /number of a port/,
      { ...application, ingress: { template: "https://host:-1" } },
    ],
    ["spec.ingress.className", /belongs to an Ingress/, withRoute({ className: "nginx" })],
    ["spec.ingress.tls", /belongs to an Ingress/, withRoute({ tls: [] })],
    ["spec.ingress.parentRefs", /must name a Gateway/, withRoute({ parentRefs: [] })],
    [
      "spec.ingress.parentRefs[1].name",
      /must be set/,
      withRoute({ parentRefs: [{ name: "a" }, { port: 80 }] }),
    ],
    ["spec.ingress.template", /path "\/a\/\(b\|c\)": .*is a prefix/, withRoute({ template: "host/a/(b|c)" })],
    ["spec.ingress.template", /path "\/a\/\/b"/, withRoute({ template: "host/a//b" })],
  ],
  "5. the logging files": [
    [
      "spec.logConfiguration",
      /"log4j.properties" .* use log4j-console.properties or logback-console.xml/,
      { ...application, logConfiguration: { "log4j.properties": "" } },
    ],
  ],
  "6. the job": [
    [
      "spec.job.upgradeMode",
      /last-state needs a place for checkpoints/,
      withJob({ upgradeMode: "last-state" }),
    ],
    [
      "spec.job.upgradeMode",
      /state.checkpoints.dir/,
      withJob({ upgradeMode: "last-state" }, { "state.checkpoints.dir": " " }),
    ],
    [
      "spec.job.upgradeMode",
      /savepoint needs a place to go: set state.savepoints.dir/,
      withJob({ upgradeMode: "savepoint" }, { "state.checkpoints.dir": "s3://b" }),
    ],
    ["spec.job.savepointTriggerNonce", /state.savepoints.dir/, withJob({ savepointTriggerNonce: 0 })],
    [
      "kubernetes.operator.periodic.savepoint.interval",
      /state.savepoints.dir/,
      configured({ "kubernetes.operator.periodic.savepoint.interval": "1h" }),
    ],
    [
      "kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age",
      /state.savepoints.dir/,
      configured({ "kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age": "1h" }),
    ],
    ["spec.job.parallelism", /at most 32768, not 32769/, withJob({ parallelism: 32_769 })],
    [
      "spec.taskManager.replicas",
      /times 4 slots must be at most 32768, not 10000/,
      {
        ...configured({ "taskmanager.numberOfTaskSlots": "4" }),
        taskManager: { resources: memory, replicas: 10_000 },
      },
    ],
    ["spec.job.parallelism", /1 or more, not 0/, { ...application, job: { jarURI: "local:///a.jar" } }],
    ["spec.job.parallelism", /not -1/, withJob({ parallelism: -1 })],
    [
      "spec.taskManager.replicas",
      /not 0/,
      { ...application, taskManager: { resources: memory, replicas: 0 } },
    ],
  ],
  "7. the JobManager": [
    [
      "jobmanager.memory.process.size",
      /spec.jobManager.resources.requests.memory or one of .* needs to be configured/,
      without(application, "jobManager"),
    ],
    [
      "jobmanager.memory.process.size",
      /needs to be configured/,
      { ...application, jobManager: { resource: { memory: "2g" }, resources: { limits: { cpu: 1 } } } },
    ],
    [
      "spec.jobManager.resource.memory",
      /"2 apples"/,
      { ...application, jobManager: { resource: { memory: "2 apples" } } },
    ],
    [
      "spec.jobManager.resources.limits.memory",
      /1g is less than the request of 2g/,
      { ...application, jobManager: { resources: { requests: { memory: "2g" }, limits: { memory: "1g" } } } },
    ],
    [
      "spec.jobManager.resources.requests.cpu",
      /"lots"/,
      { ...application, jobManager: { resources: { requests: { memory: "2g", cpu: "lots" } } } },
    ],
    [
      "spec.jobManager.resources.requests.cpu",
      /more than 0/,
      { ...application, jobManager: { resources: { requests: { memory: "2g", cpu: 0 } } } },
    ],
    [
      'spec.jobManager.resources.limits["nvidia.com/gpu"]',
      /"two" is not a Kubernetes quantity/,
      {
        ...application,
        jobManager: { resources: { requests: { memory: "2g" }, limits: { "nvidia.com/gpu": "two" } } },
      },
    ],
    ["spec.jobManager.replicas", /not 0/, { ...application, jobManager: { resources: memory, replicas: 0 } }],
    [
      "spec.jobManager.replicas",
      /2 JobManagers need high availability/,
      { ...application, jobManager: { resources: memory, replicas: 2 } },
    ],
  ],
  "8. the TaskManagers": [
    ["taskmanager.memory.process.size", /needs to be configured/, without(application, "taskManager")],
    [
      "taskmanager.memory.process.size",
      /exceed configured Total/,
      {
        ...without(application, "taskManager"),
        flinkConfiguration: { "taskmanager.memory.process.size": "200m" },
      },
    ],
    [
      "spec.taskManager.resource.cpu",
      /more than 0, not -0.5/,
      { ...application, taskManager: { resource: { memory: "2g", cpu: -0.5 } } },
    ],
    [
      "spec.taskManager.resource.ephemeralStorage",
      /"big" is not a Kubernetes quantity/,
      { ...application, taskManager: { resource: { memory: "2g", ephemeralStorage: "big" } } },
    ],
    ["spec.taskManager.replicas", /not 0/, { ...session, taskManager: { resources: memory, replicas: 0 } }],
  ],
  "9. the change of spec": [
    ["spec.job", /cannot be added: this is a session cluster/, application, { deployed: session }],
    ["spec.job", /cannot be removed: this is an application cluster/, session, { deployed: application }],
    [
      "spec.mode",
      /from native to standalone/,
      { ...application, mode: "standalone" },
      { deployed: application },
    ],
    [
      "spec.mode",
      /from standalone to native/,
      application,
      { deployed: { ...application, mode: "standalone" } },
    ],
    [
      "spec.job.initialSavepointPath",
      /must be set with a new savepointRedeployNonce/,
      withJob({ savepointRedeployNonce: 2, initialSavepointPath: " " }),
      { deployed: withJob({ savepointRedeployNonce: 1 }) },
    ],
  ],
  "10. the service account": [["spec.serviceAccount", /must be set/, without(application, "serviceAccount")]],
  "11. the autoscaler": [
    [
      "job.autoscaler.utilization.target",
      /must be between 0 and 1/,
      autoscaled({ "utilization.target": "1.5" }),
    ],
    ["job.autoscaler.utilization.max", /must be between 0.7 and 1/, autoscaled({ "utilization.max": "0.5" })],
    ["job.autoscaler.scale-up.max-factor", /must be 0 or more/, autoscaled({ "scale-up.max-factor": "-1" })],
    [
      "job.autoscaler.memory.tuning.overhead",
      /must be between 0 and 1/,
      autoscaled({ "memory.tuning.enabled": "true", "memory.tuning.overhead": "2" }),
    ],
    [
      "job.autoscaler.excluded.periods",
      /"9-11" must be a time of day as 9:30-17:00 .* a Quartz cron expression/,
      autoscaled({ "excluded.periods": "9:00-10:00;9-11" }),
    ],
    [
      "job.autoscaler.metrics.window",
      /must not be shorter than kubernetes.operator.reconcile.interval/,
      autoscaled({ "metrics.window": "30 s" }),
    ],
    ["job.autoscaler.quota.cpu", /"many" is not a number/, autoscaled({ "quota.cpu": "many" })],
    ["job.autoscaler.restart.time", /must not be negative/, autoscaled({ "restart.time": "-1 s" })],
  ],
  "what the reference finds out later": [
    ["spec.image", /is blank/, { ...application, image: "" }],
    [
      "user.artifacts.base-dir",
      /is blank: name a directory, such as \/opt\/flink\/artifacts/,
      configured({ "user.artifacts.base-dir": " " }),
    ],
    ["rest.port", /from 1 to 65535, not -1/, configured({ "rest.port": "-1" })],
    ["jobmanager.rpc.port", /not 0/, configured({ "jobmanager.rpc.port": 0 })],
    [
      "kubernetes.rest-service.labels",
      /"ü" is no value of a label/,
      configured({ "kubernetes.rest-service.labels": "a:ü" }),
    ],
    [
      "kubernetes.internal-service.annotations",
      /"a b" is no key/,
      configured({ "kubernetes.internal-service.annotations": { "a b": "anything at all" } }),
    ],
    [
      "kubernetes.taskmanager.cpu.limit-factor",
      /too large/,
      configured({ "kubernetes.taskmanager.cpu.limit-factor": "1e400" }),
    ],
    [
      "scheduler-mode",
      /is for applications in standalone mode: set spec.mode to standalone/,
      configured({ "scheduler-mode": "reactive" }),
    ],
    ...["0", "1.5", "many", "-1", "32769"].map((value): [string, RegExp, FlinkDeploymentSpec] => [
      "pipeline.jobvertex-parallelism-overrides",
      /the parallelism of the vertex b is ".+": it must be a whole number from 1 to 32768/,
      configured({ "pipeline.jobvertex-parallelism-overrides": `a:2,b:${value}` }),
    ]),
    [
      "execution.checkpointing.interval",
      /must be 10 ms or more/,
      configured({ "execution.checkpointing.interval": "0" }),
    ],
    [
      "execution.checkpointing.dir",
      /is blank: name a directory, or leave the key out/,
      withJob({ upgradeMode: "last-state" }, { ...directories, "execution.checkpointing.dir": " " }),
    ],
    [
      "execution.checkpointing.savepoint-dir",
      /is blank/,
      withJob({ upgradeMode: "savepoint" }, { ...directories, "execution.checkpointing.savepoint-dir": "" }),
    ],
    [
      "spec.image",
      /" flink:2.2" is no image: write it as flink:2.2/,
      { ...application, image: " flink:2.2" },
    ],
    [
      "spec.taskManager.podTemplate.spec.initContainers[0].image",
      /"Fetch:1" is no image/,
      {
        ...application,
        taskManager: {
          resources: memory,
          podTemplate: { spec: { initContainers: [{ name: "fetch", image: "Fetch:1" }] } },
        },
      },
    ],
    [
      "kubernetes.container.image.ref",
      /"Flink" is no image/,
      configured({ "kubernetes.container.image.ref": "Flink" }),
    ],
    [
      "spec.imagePullPolicy",
      /must be Always, IfNotPresent or Never, not "always"/,
      { ...application, imagePullPolicy: "always" },
    ],
    ["spec.job.jarURI", /must name the job's jar/, withJob({ jarURI: "" })],
    ["spec.job.jarURI", /blanks as %20/, withJob({ jarURI: "local:///my job.jar" })],
    ["spec.job.jarURI", /begins no escape/, withJob({ jarURI: "local:///100%.jar" })],
    [
      "spec.job.jarURI",
      /by https only since v1_19, and this is v1_18: put the jar into the image/,
      { ...withJob({ jarURI: "https://host/job.jar" }), flinkVersion: "v1_18" },
    ],
    [
      "spec.job.jarURI",
      /by http only where user.artifacts.raw-http-enabled is true/,
      withJob({ jarURI: "http://host/job.jar" }),
    ],
    [
      "spec.job.jarURI",
      /does not fetch by s3 in standalone mode/,
      { ...withJob({ jarURI: "s3://bucket/job.jar" }), mode: "standalone" },
    ],
    [
      "spec.job.jarURI",
      /has a checksum, which only session jobs' jars are checked for/,
      withJob({ jarURI: `https://host/job.jar#sha256=${"0".repeat(64)}` }),
    ],
    [
      "spec.job.jarURI",
      /"#md5=0" is no checksum: write it as #sha256=/,
      withJob({ jarURI: "https://host/job.jar#md5=0" }),
    ],
    [
      "spec.flinkConfiguration",
      /^Overlapping key prefixes detected \(env.java.opts -> env.java.opts.all\), please replace .*: leave out env.java.opts, since env.java.opts.all is set$/,
      configured({ "env.java.opts": "-Da", "env.java.opts.all": "-Db" }),
    ],
    [
      "spec.flinkConfiguration",
      /\(high-availability -> high-availability.cluster-id\)/,
      configured({ "high-availability": "kubernetes" }),
    ],
    ["taskmanager.numberOfTaskSlots", /"many"/, configured({ "taskmanager.numberOfTaskSlots": "many" })],
    [
      "kubernetes.operator.cluster.health-check.enabled",
      /"maybe" is neither true nor false/,
      configured({ "kubernetes.operator.cluster.health-check.enabled": "maybe" }),
    ],
  ],
};

const accepted: Record<string, readonly [Spec, Setting?]> = {
  "an application": [application],
  "a session cluster": [session],
  "the longest name": [application, { name: `a${"-".repeat(43)}1` }],
  "a name of one letter": [application, { name: "a" }],
  "the oldest version": [{ ...application, flinkVersion: "v1_15" }],
  "a new version of what is suspended by last-state, if it starts empty": [
    withJob({ upgradeMode: "stateless" }),
    { deployed: { ...withJob({ upgradeMode: "last-state", state: "suspended" }), flinkVersion: "v2_1" } },
  ],
  "a new version of what is suspended by savepoint": [
    withJob({ upgradeMode: "savepoint" }, directories),
    { deployed: { ...withJob({ upgradeMode: "savepoint", state: "suspended" }), flinkVersion: "v2_1" } },
  ],
  "rollback with high availability": [
    configured({ "kubernetes.operator.deployment.rollback.enabled": true, ...highAvailability }),
  ],
  "a health check": [configured({ "kubernetes.operator.cluster.health-check.enabled": true })],
  "an HTTPRoute": [withRoute({ template: "https://{{name}}.example.com:8443" })],
  "an HTTPRoute by path": [withRoute({ template: "host/{{namespace}}/{{name}}(/|$)(.*)" })],
  "an ingress by path alone": [{ ...application, ingress: { template: "/{{namespace}}/{{name}}(/|$)(.*)" } }],
  "an ingress with a port": [{ ...application, ingress: { template: "HTTPS://host:8443/x:y" } }],
  "both logging files": [
    { ...application, logConfiguration: { "log4j-console.properties": "", "logback-console.xml": "" } },
  ],
  "directories from the operator's defaults": [
    withJob({ upgradeMode: "savepoint" }),
    { defaults: directories },
  ],
  "directories by their newer keys": [
    withJob(
      { upgradeMode: "savepoint" },
      { "execution.checkpointing": { dir: "s3://b/c", "savepoint-dir": "s3://b/s" } },
    ),
  ],
  "TaskManagers in place of parallelism": [
    { ...application, job: { jarURI: "local:///a.jar" }, taskManager: { resources: memory, replicas: 1 } },
  ],
  "memory from the configuration alone": [
    {
      ...session,
      jobManager: undefined,
      taskManager: undefined,
      flinkConfiguration: {
        "jobmanager.memory.process.size": "1600m",
        "taskmanager.memory": { "task.heap.size": "1g", "managed.size": "1g" },
      },
    },
  ],
  "quantities of Flink's, of Kubernetes', and plain bytes": [
    {
      ...application,
      jobManager: { resource: { memory: "2Gi", cpu: 0.5, ephemeralStorage: "1.5Gi" } },
      taskManager: {
        resources: { requests: { memory: 2147483648, cpu: "500m" }, limits: { memory: "3g", cpu: 2 } },
      },
    },
  ],
  "standby JobManagers with high availability": [
    { ...configured(highAvailability), jobManager: { resources: memory, replicas: 3 } },
  ],
  "the mode written out": [{ ...application, mode: "native" }, { deployed: application }],
  "a redeployment from a savepoint": [
    withJob({ savepointRedeployNonce: 2, initialSavepointPath: "s3://b/s" }),
    { deployed: withJob({ savepointRedeployNonce: 1 }) },
  ],
  "a redeployment that has happened": [
    withJob({ savepointRedeployNonce: 1 }),
    { deployed: withJob({ savepointRedeployNonce: 1 }) },
  ],
  "a job whose jar is in the image, in standalone mode": [
    { ...withJob({ jarURI: undefined }), mode: "standalone" },
  ],
  "a jar that Flink fetches": [withJob({ jarURI: "https://host/job.jar" })],
  "a jar on a file system that Flink has a plugin for": [withJob({ jarURI: "s3://bucket/job.jar" })],
  "a jar over http where Flink may": [
    withJob({ jarURI: "http://host/job.jar" }, { "user.artifacts.raw-http-enabled": true }),
  ],
  "a jar by its path": [withJob({ jarURI: "/opt/flink/usrlib/job.jar" })],
  "a Python job without a jar": [withJob({ jarURI: undefined, args: ["-pym", "job"] })],
  "no image: Flink's own": [without(application, "image")],
  "a blank image together with one in the configuration": [
    { ...configured({ "kubernetes.container.image.ref": "flink:2.2" }), image: "" },
  ],
  "a blank image together with one in the pod template": [
    {
      ...application,
      image: "",
      podTemplate: { spec: { containers: [{ name: "flink-main-container", image: "flink:2.2" }] } },
    },
  ],
  "overlapping keys before Flink 2": [
    { ...configured({ "env.java.opts": "-Da", "env.java.opts.all": "-Db" }), flinkVersion: "v1_20" },
  ],
  "options of an autoscaler that is off": [
    autoscaled({ enabled: "false", "utilization.target": "7", "quota.cpu": "many" }),
  ],
  "overlapping keys of the operator, which Flink never sees": [
    configured({ "job.autoscaler.enabled": "true", "job.autoscaler.enabled.x": "1" }),
  ],
};

describe("a FlinkDeployment is refused for", () => {
  for (const [rule, cases] of Object.entries(refused)) {
    describe(rule, () => {
      for (const [field, message, spec, setting] of cases) {
        it(`${field}: ${message.source}`, () => {
          expect(validate(spec, setting)).toEqual([{ field, message: expect.stringMatching(message) }]);
        });
      }
    });
  }
});

describe("a FlinkDeployment is accepted with", () => {
  for (const [what, [spec, setting]] of Object.entries(accepted)) {
    it(what, () => {
      expect(validate(spec, setting)).toEqual([]);
    });
  }
});

describe("validateFlinkDeployment", () => {
  it("reports all errors, in the reference's order", () => {
    const spec = { ...application, serviceAccount: undefined, ingress: {}, job: { jarURI: "a b" } };
    expect(validate(spec, { name: "A" }).map(({ field }) => field)).toEqual([
      "metadata.name",
      "spec.ingress.template",
      "spec.job.parallelism",
      "spec.serviceAccount",
      "spec.job.jarURI",
    ]);
  });

  it("reports only structural errors if there are any", () => {
    expect(validate({ job: { parallelism: "2" }, mode: "nativ" })).toEqual([
      { field: "spec.job.parallelism", message: 'must be a whole number of 32 bits, not "2"' },
      { field: "spec.mode", message: 'must be native or standalone, not "nativ"; did you mean native?' },
    ]);
  });

  it("treats null as absent, in the spec and in the deployed one", () => {
    const nulls = { ingress: null, mode: null, logConfiguration: null } as unknown as Spec;
    expect(validate({ ...application, ...nulls }, { deployed: { ...application, ...nulls } })).toEqual([]);
    expect(
      validate({ ...session, job: null }, { deployed: { ...session, job: null } as unknown as Spec }),
    ).toEqual([]);
  });

  it("handles a resource without a name, and a value that is no resource", () => {
    expect(validateFlinkDeployment({ spec: application }, emptyConfig)).toEqual([
      { field: "metadata.name", message: "must be set" },
    ]);
    expect(validateFlinkDeployment([], emptyConfig)).toHaveLength(1);
  });

  const faultyFields = (resource: FlinkDeployment, defaults = {}) =>
    validateFlinkDeployment(
      resource,
      effectiveConfig({ operatorConfig: flinkConfig(defaults), resource }),
    ).map(({ field }) => field);

  describeExamples<{ input: FlinkDeployment }>(
    "the reference's examples",
    (examples) =>
      it("are accepted", () => {
        for (const { file, recording } of examples) {
          if (recording.input.spec !== undefined) expect(faultyFields(recording.input), file).toEqual([]);
        }
      }),
    "FlinkDeployment",
  );

  it("accepts what the reference builds clusters from (test/golden)", () => {
    // These inputs were given to the reference's builder without its validator.
    const refusals: readonly (readonly [RegExp, string])[] = [
      [/-x-savepoint/, "spec.job.upgradeMode"],
      [/-native-x-nojar/, "spec.job.jarURI"],
      [/v2.*prefix-clash/, "spec.flinkConfiguration"],
      [/(v1_16|standalone).*httpjar/, "spec.job.jarURI"],
    ];
    const built = goldenCases<{ input: { cr: FlinkDeployment; defaultConfig: object } }>(
      "java-operator/objects",
    );
    expect(built.length).toBeGreaterThan(50);
    for (const { version, name: caseName, input } of built) {
      const name = `${version}-${caseName}`;
      const { cr, defaultConfig } = input;
      const expected = refusals.filter(([pattern]) => pattern.test(name)).map(([, field]) => field);
      expect(faultyFields(cr, defaultConfig), name).toEqual(expected);
    }
  });

  it("never throws, whatever the resource is", () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    const fieldsOfSpec = [...Object.keys(application), "podTemplate", "ingress", "logConfiguration", "mode"];
    const nearlySpec = fc.record(
      Object.fromEntries(
        fieldsOfSpec.map((field) => [field, fc.oneof(json, fc.constant(application[field as keyof Spec]))]),
      ),
      { requiredKeys: [] },
    );
    const configuration = fc.dictionary(
      fc.constantFrom(
        "high-availability",
        "rest.port",
        "state",
        "kubernetes.operator.cluster.health-check.enabled",
      ),
      json,
    );
    const spec = fc
      .tuple(nearlySpec, configuration)
      .map(([fields, flinkConfiguration]) => ({ ...fields, flinkConfiguration }));
    const resource = fc.oneof(
      json,
      fc.record({ metadata: fc.record({ name: fc.string() }), spec: fc.oneof(spec, json) }),
    );
    fc.assert(
      fc.property(resource, resource, (value, deployed) => {
        const object = value as FlinkDeployment | null;
        const config =
          typeof object?.metadata?.name === "string"
            ? effectiveConfig({ operatorConfig: emptyConfig, resource: asFlinkDeployment(object) })
            : emptyConfig;
        for (const { field, message } of validateFlinkDeployment(value, config)) {
          expect(typeof field).toBe("string");
          expect(message).not.toBe("");
        }
        validateManifest(flinkDeployment, deployed, { unknownFields: "refuse" });
      }),
      { numRuns: 500 },
    );
  });
});
