/** The fields that the specs of several kinds share: jobs, pods, ingress. For their statuses see commonStatus.ts. */
import {
  boolean,
  type ChangeClass,
  type ChangeEffect,
  field,
  freeForm,
  int32,
  int64,
  list,
  map,
  number,
  object,
  oneOf,
  quantity,
  type Static,
  string,
} from "../declaration.ts";
import type { ObjectMeta } from "../kubernetes.ts";
import { jarsOfJar, pythonProgram, sqlProgram } from "./program.ts";

const always = (effect: ChangeEffect): ChangeClass => ({ native: effect, standalone: effect });

export const ignored = always("ignore");
export const applied = always("apply");
export const upgrades = always("upgrade");
/** A nonce takes effect when its value changes. Removing it has no effect. */
export const nonce = (effect: ChangeEffect): ChangeClass => ({ ...always(effect), whenCleared: "ignore" });

// Flink versions

/** Oldest first. */
export const flinkVersions = [
  "v1_13",
  "v1_14",
  "v1_15",
  "v1_16",
  "v1_17",
  "v1_18",
  "v1_19",
  "v1_20",
  "v2_0",
  "v2_1",
  "v2_2",
  "v2_3",
  "v2_4",
] as const;
export type FlinkVersion = (typeof flinkVersions)[number];

export const oldestSupportedFlinkVersion = "v1_15" satisfies FlinkVersion;

/** The range of versions that this operator is tested with, as docs and warnings state it. */
export const testedFlinkVersions = {
  oldest: "v1_16",
  newest: "v2_3",
} as const satisfies Record<string, FlinkVersion>;

/** For example "1.16". */
const inWords = (version: FlinkVersion): string => version.slice(1).replace("_", ".");
export const testedFlinkVersionsInWords = `${inWords(testedFlinkVersions.oldest)} to ${inWords(testedFlinkVersions.newest)}`;

export const isTestedFlinkVersion = (version: FlinkVersion): boolean =>
  isAtLeast(version, testedFlinkVersions.oldest) && isAtLeast(testedFlinkVersions.newest, version);

export const isAtLeast = (version: FlinkVersion, other: FlinkVersion): boolean =>
  flinkVersions.indexOf(version) >= flinkVersions.indexOf(other);

/** False also for a text that is no Flink version. */
export const isSupportedFlinkVersion = (version: string | undefined): version is FlinkVersion =>
  flinkVersions.includes(version as FlinkVersion) &&
  isAtLeast(version as FlinkVersion, oldestSupportedFlinkVersion);

// Job

export const desiredJobStates = ["running", "suspended"] as const;
export type DesiredJobState = (typeof desiredJobStates)[number];

export const upgradeModes = ["savepoint", "last-state", "stateless"] as const;
export type UpgradeMode = (typeof upgradeModes)[number];

export const jobSpec = object("JobSpec", {
  jarURI: field(
    string,
    "Where the jar of the job is. In a FlinkDeployment, `local:///path` names a file in the image. Only `sql` and " +
      "`python` jobs have none.",
    { change: upgrades },
  ),
  parallelism: field(
    int32,
    "Parallelism of the job. With `taskManager.replicas` set, a FlinkDeployment takes replicas × slots instead. " +
      "`1` or more, unless those replicas are set.",
    { default: 0, change: { native: "upgrade", standalone: "scale" } },
  ),
  entryClass: field(
    string,
    "Fully qualified name of the class with the `main` method. Only needed where the jar's manifest names none.",
    { change: upgrades },
  ),
  args: field(list(string), "Arguments for the job's `main` method, in order.", {
    default: [],
    change: upgrades,
  }),
  state: field(
    oneOf(desiredJobStates),
    "Whether the job shall run. `suspended` stops it the way `upgradeMode` says and keeps what is needed to resume.",
    { default: "running", change: upgrades },
  ),
  savepointTriggerNonce: field(
    int64,
    "Any new value triggers one savepoint of the running job. FlinkStateSnapshot resources take its place.",
    { change: ignored, deprecated: true },
  ),
  initialSavepointPath: field(
    string,
    "Savepoint or checkpoint to start from. Read at the first deployment and with a new `savepointRedeployNonce`; " +
      "a change at any other time has no effect.",
    { change: ignored },
  ),
  checkpointTriggerNonce: field(
    int64,
    "Any new value triggers one checkpoint of the running job. FlinkStateSnapshot resources take its place.",
    { change: ignored, deprecated: true },
  ),
  upgradeMode: field(
    oneOf(upgradeModes),
    "How state survives an upgrade, a suspension and a restart. `savepoint`: stop with a savepoint, start from it. " +
      "`last-state`: go on from the newest checkpoint, also when the job is not healthy. `stateless`: start empty. " +
      "The two stateful modes need `state.checkpoints.dir`, and `savepoint` needs `state.savepoints.dir`.",
    { default: "stateless", change: ignored },
  ),
  allowNonRestoredState: field(
    boolean,
    "Start even where the snapshot has state that no operator of the new job takes up. That state is lost.",
    { change: ignored },
  ),
  savepointRedeployNonce: field(
    int64,
    "Any new value stops the job without a snapshot and starts it again from `initialSavepointPath`, which then must " +
      "be set. State younger than that path is given up.",
    { change: nonce("redeploy") },
  ),
  autoscalerResetNonce: field(
    int64,
    "Any new value makes the autoscaler forget its metrics, its history and the parallelisms it has set.",
    { change: ignored },
  ),
  sql: field(sqlProgram, "An SQL script instead of a jar. The Java operator does not know this field.", {
    change: upgrades,
    added: true,
  }),
  python: field(
    pythonProgram,
    "A Python program instead of a jar. The Java operator does not know this field.",
    { change: upgrades, added: true },
  ),
  jars: field(jarsOfJar.type, jarsOfJar.doc, { change: upgrades, added: true }),
});
export interface JobSpec extends Static<typeof jobSpec> {}

// Flink's configuration

/** A tree of any depth. Nested objects and dotted keys are equivalent. */
export type FlinkConfigurationTree = Record<string, unknown>;

export const flinkConfiguration = freeForm<FlinkConfigurationTree>("FlinkConfiguration", "own");

export const flinkConfigurationChange: ChangeClass = {
  ...upgrades,
  keyPrefixes: [
    { prefix: "job.autoscaler", native: "ignore", standalone: "ignore" },
    { prefix: "parallelism.default", native: "ignore", standalone: "ignore" },
    { prefix: "kubernetes.operator", native: "ignore", standalone: "ignore" },
    { prefix: "pipeline.jobvertex-parallelism-overrides", native: "scale", standalone: "upgrade" },
  ],
};

// Pods

/** A pod template without a schema: Kubernetes validates it in the operator's dry run. */
export interface PodTemplateSpec {
  metadata?: Partial<ObjectMeta>;
  spec?: Record<string, unknown>;
  [field: string]: unknown;
}

export const podTemplate = freeForm<PodTemplateSpec>("PodTemplateSpec", "kubernetes");

export const resource = object("Resource", {
  cpu: field(number, "CPU cores, for example `0.5`: request and, times Flink's limit factor, limit."),
  memory: field(
    string,
    "Total memory of the process. Flink's way of writing it comes first, in which `2048m` are mebibytes and `2g` are " +
      "gibibytes; `2Gi` and other Kubernetes quantities that Flink does not know are read as such.",
  ),
  ephemeralStorage: field(string, "Local disk, as a Kubernetes quantity: request and limit."),
});
export interface Resource extends Static<typeof resource> {}

const resourceClaim = object(
  "ResourceClaim",
  {
    name: field(string, "Name of an entry of the pod's `resourceClaims`."),
    request: field(string, "Name of one request of that claim; absent: all of them."),
  },
  { model: "kubernetes" },
);

export const resourceRequirements = object(
  "ResourceRequirements",
  {
    claims: field(list(resourceClaim), "Dynamic resources of the pod that the container uses."),
    limits: field(
      map(quantity),
      "Upper bounds. A limit for cpu or memory must not be below its request; without a request it is the request.",
    ),
    requests: field(
      map(quantity),
      "What is reserved. `memory` follows the same rules as `resource.memory`; names other than `cpu` and `memory` go " +
        "into the main container as they are.",
    ),
  },
  { model: "kubernetes" },
);
export interface ResourceRequirements extends Static<typeof resourceRequirements> {}

// Ingress

const ingressTls = object(
  "IngressTLS",
  {
    hosts: field(list(string), "Host names that the certificate covers."),
    secretName: field(string, "Name of the Secret with the certificate and its key."),
  },
  { model: "kubernetes" },
);

const parentReference = object(
  "ParentReference",
  {
    name: field(string, "Name of the Gateway. Required."),
    namespace: field(string, "Its namespace; absent: that of the resource."),
    sectionName: field(string, "Name of one of its listeners; absent: all that let the route in."),
    port: field(int32, "Port of its listeners; absent: any."),
  },
  { model: "kubernetes" },
);
export interface ParentReference extends Static<typeof parentReference> {}

export const ingressSpec = object("IngressSpec", {
  template: field(
    string,
    "Host and path under which Flink's REST API and UI are served, with `{{name}}` and `{{namespace}}` as " +
      "placeholders, for example `flink.example.com/{{namespace}}/{{name}}(/|$)(.*)`.",
  ),
  className: field(string, "Name of the IngressClass that serves it; absent: the cluster's default."),
  annotations: field(map(string), "Annotations of the Ingress, often for its controller."),
  labels: field(map(string), "Labels of the Ingress."),
  tls: field(list(ingressTls), "TLS termination, as in the Ingress itself."),
  parentRefs: field(
    list(parentReference),
    "Gateways of the Gateway API that serve it. With them it is an HTTPRoute instead of an Ingress, to which " +
      "`className` and `tls` do not belong: TLS ends at the Gateway's listener. A path of the template is a prefix, " +
      "which Flink does not get to see. The Java operator does not know this field and makes an Ingress.",
    { added: true },
  ),
});
export interface IngressSpec extends Static<typeof ingressSpec> {}
