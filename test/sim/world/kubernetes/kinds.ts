import type { KubeObject, ResourceType } from "../../../../src/api/kubernetes.ts";
import { clone, dig, isObject, type JsonObject, listAt } from "../json.ts";
import { pruneCustomResource, refusalOfCustomResource } from "./customResources.ts";
import type { ListKeys } from "./fieldOwners.ts";
import { isQualifiedName, podTemplateErrors } from "./podTemplates.ts";
import { invalid } from "./refusal.ts";
import { matchesLabels } from "./selectors.ts";

/** The rules of the API server for one kind. */
export interface KindRules {
  hasStatus: boolean;
  hasGeneration: boolean;
  isCustom: boolean;
  listKeys: ListKeys;
  default(object: JsonObject): void;
  /** Throws the refusal. */
  validate(object: KubeObject, previous: KubeObject | undefined): void;
}

const flinkGroup = "flink.apache.org";

const known = new WeakMap<ResourceType, KindRules>();

export const rulesOf = (type: ResourceType): KindRules => {
  const rules = known.get(type) ?? makeRules(type);
  known.set(type, rules);
  return rules;
};

const makeRules = (type: ResourceType): KindRules => {
  const isCustom = type.group === flinkGroup;
  const hasStatus = isCustom || ["Deployment", "Pod", "Service", "Ingress", "HTTPRoute"].includes(type.kind);
  return {
    hasStatus,
    hasGeneration: hasStatus && type.kind !== "Service",
    isCustom,
    listKeys: isCustom ? metadataLists : typedLists,
    default: (object) => {
      if (isCustom) pruneCustomResource(type.kind, object);
      defaults[type.kind]?.(object);
    },
    validate: (object, previous) => {
      validateMeta(type, object);
      const refusal = isCustom ? refusalOfCustomResource(type.kind, object, previous) : undefined;
      if (refusal !== undefined) throw invalid(type, object.metadata.name, refusal.field, refusal.what);
      validations[type.kind]?.(type, object, previous);
    },
  };
};

const metadataLists: ListKeys = (path) => {
  if (path === "metadata ownerReferences") return ["uid"];
  if (path === "metadata finalizers") return "set";
  return undefined;
};

/** The list types of Kubernetes' own kinds, as far as Flink's objects use them. */
const typedLists: ListKeys = (path) => {
  const field = path.slice(path.lastIndexOf(" ") + 1);
  if (field === "ports") return path === "spec ports" ? ["port", "protocol"] : ["containerPort", "protocol"];
  if (["containers", "initContainers", "env", "volumes", "imagePullSecrets"].includes(field)) return ["name"];
  if (field === "volumeMounts") return ["mountPath"];
  if (field === "conditions") return ["type"];
  return metadataLists(path);
};

const setDefaults = (object: unknown, values: JsonObject): void => {
  if (!isObject(object)) return;
  for (const [key, value] of Object.entries(values)) object[key] ??= clone(value);
};

const defaultPodSpec = (spec: unknown): void => {
  setDefaults(spec, {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
  });
  for (const container of [...listAt(spec, "containers"), ...listAt(spec, "initContainers")]) {
    setDefaults(container, {
      terminationMessagePath: "/dev/termination-log",
      terminationMessagePolicy: "File",
      imagePullPolicy: "IfNotPresent",
      resources: {},
    });
    for (const port of listAt(container, "ports")) setDefaults(port, { protocol: "TCP" });
  }
  for (const volume of listAt(spec, "volumes")) {
    setDefaults(volume.configMap, { defaultMode: 420 });
    setDefaults(volume.secret, { defaultMode: 420 });
  }
};

const defaults: Record<string, (object: JsonObject) => void> = {
  Deployment(object) {
    setDefaults(object, { spec: {} });
    const spec = object.spec;
    setDefaults(spec, {
      replicas: 1,
      strategy: { type: "RollingUpdate" },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    if (dig(spec, "strategy", "type") === "RollingUpdate") {
      setDefaults(dig(spec, "strategy"), { rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } });
    }
    defaultPodSpec(dig(spec, "template", "spec"));
  },
  Pod: (object) => defaultPodSpec(object.spec),
  Service(object) {
    setDefaults(object, { spec: {} });
    const spec = object.spec;
    setDefaults(spec, {
      type: "ClusterIP",
      sessionAffinity: "None",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      internalTrafficPolicy: "Cluster",
    });
    if (dig(spec, "clusterIP") === "None") setDefaults(spec, { clusterIPs: ["None"] });
    else setDefaults(spec, { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1"] });
    for (const port of listAt(spec, "ports")) {
      setDefaults(port, { protocol: "TCP" });
      setDefaults(port, { targetPort: port.port });
    }
  },
};

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const serviceName = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
/** Events may have any name that is a valid path segment: the Java operator's begin with a capital letter. */
const namePatterns: Record<string, RegExp> = { Service: serviceName, Event: /^[^/%]+$/ };
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

const validateMeta = (type: ResourceType, object: KubeObject): void => {
  const { name, labels, ownerReferences } = object.metadata;
  if (name === "")
    throw invalid(type, name, "metadata.name", "Required value: name or generateName is required");
  const pattern = namePatterns[type.kind] ?? subdomain;
  if (!pattern.test(name) || name.length > (type.kind === "Service" ? 63 : 253)) {
    throw invalid(type, name, "metadata.name", `Invalid value: "${name}": not a DNS name`);
  }
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (typeof value !== "string" || !labelValue.test(value)) {
      throw invalid(
        type,
        name,
        "metadata.labels",
        `Invalid value: "${value}" of "${key}": not a label value`,
      );
    }
  }
  for (const field of ["labels", "annotations"] as const) {
    const wrong = Object.keys(object.metadata[field] ?? {}).find((key) => !isQualifiedName(key));
    if (wrong !== undefined)
      throw invalid(
        type,
        name,
        `metadata.${field}`,
        `Invalid value: "${wrong}": a qualified name is required`,
      );
  }
  const controllers = (ownerReferences ?? []).filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    throw invalid(
      type,
      name,
      "metadata.ownerReferences",
      "Invalid value: only one reference can be the controller",
    );
  }
};

type Validation = (type: ResourceType, object: KubeObject, previous: KubeObject | undefined) => void;

const validations: Record<string, Validation> = {
  Deployment(type, object, previous) {
    const name = object.metadata.name;
    const template = dig(object, "spec", "template");
    const selector = (dig(object, "spec", "selector", "matchLabels") ?? {}) as Record<string, string>;
    const labels = dig(template, "metadata", "labels") as Record<string, string> | undefined;
    if (Object.keys(selector).length === 0) throw invalid(type, name, "spec.selector", "Required value");
    if (!matchesLabels(selector, labels)) {
      throw invalid(
        type,
        name,
        "spec.template.metadata.labels",
        "Invalid value: `selector` does not match template `labels`",
      );
    }
    validatePodTemplate(type, name, template, "spec.template");
    const before = previous && JSON.stringify(dig(previous, "spec", "selector"));
    if (before !== undefined && before !== JSON.stringify(dig(object, "spec", "selector"))) {
      throw invalid(type, name, "spec.selector", "Invalid value: field is immutable");
    }
  },
  Pod(type, object, previous) {
    validatePodTemplate(type, object.metadata.name, object, "");
    // The API server checks for whitespace around the image of a pod, but not of a pod template.
    const blank = listAt(object, "spec", "containers").findIndex(({ image }) =>
      /^\s|\s$/.test(String(image)),
    );
    if (previous === undefined && blank >= 0) {
      const why = "Invalid value: must not have leading or trailing whitespace";
      throw invalid(type, object.metadata.name, `spec.containers[${blank}].image`, why);
    }
  },
  Ingress(type, object) {
    const { name } = object.metadata;
    const host = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
    const refuse = (field: string, value: unknown): never => {
      throw invalid(
        type,
        name,
        field,
        `Invalid value: ${JSON.stringify(value)}: not a name or path of this kind`,
      );
    };
    const className = dig(object, "spec", "ingressClassName");
    if (className !== undefined && !subdomain.test(String(className)))
      refuse("spec.ingressClassName", className);
    for (const rule of listAt(object, "spec", "rules")) {
      if (rule.host !== undefined && !host.test(String(rule.host))) refuse("spec.rules[0].host", rule.host);
      const path = dig(rule, "http", "paths", 0, "path");
      if (path !== undefined && !String(path).startsWith("/"))
        refuse("spec.rules[0].http.paths[0].path", path);
    }
    for (const tls of listAt(object, "spec", "tls"))
      for (const each of (tls.hosts ?? []) as unknown[])
        if (!host.test(String(each))) refuse("spec.tls[0].hosts", each);
  },
  Service(type, object) {
    const ports = listAt(object, "spec", "ports");
    if (ports.length === 0 && dig(object, "spec", "clusterIP") !== "None") {
      throw invalid(type, object.metadata.name, "spec.ports", "Required value");
    }
  },
  ConfigMap(type, object) {
    const size = Object.entries((object.data ?? {}) as Record<string, string>).reduce(
      (sum, [key, value]) => sum + key.length + Buffer.byteLength(String(value)),
      0,
    );
    if (size > 1_048_576)
      throw invalid(type, object.metadata.name, "[]", "Too long: must have at most 1048576 bytes");
  },
};

const validatePodTemplate = (type: ResourceType, name: string, template: unknown, path: string): void => {
  const [error] = podTemplateErrors(template, path, type.kind === "Deployment");
  if (error !== undefined) throw invalid(type, name, error.field.replace(/^\./, ""), error.what);
};
