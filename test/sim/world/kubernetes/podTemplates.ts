import { compareQuantities, parseQuantity } from "../../../../src/config/values/quantity.ts";
import { validateStructure } from "../../../../src/core/validate/structure.ts";
import { isObject, type JsonObject, listAt, numberAt, textAt } from "../json.ts";
import { podTemplateType } from "./podTemplateType.ts";

/** The API server's validation of pod templates, as far as Flink's users encounter it. */

export interface FieldError {
  field: string;
  what: string;
}

export function* podTemplateErrors(
  template: unknown,
  path: string,
  inDeployment: boolean,
): Generator<FieldError> {
  const [wrong] = validateStructure(podTemplateType, template ?? {}, path, { unknownFields: "ignore" });
  if (wrong !== undefined) {
    yield { field: wrong.field, what: `Invalid value: ${wrong.message}` };
    return;
  }
  const { metadata, spec } = template as JsonObject;
  yield* labelErrors(mapAt(metadata, "labels"), `${path}.metadata.labels`);
  for (const key of Object.keys(mapAt(metadata, "annotations")))
    if (!isQualifiedName(key.toLowerCase()))
      yield invalidValue(`${path}.metadata.annotations`, key, "a name is required");
  yield* specErrors(spec, `${path}.spec`, inDeployment);
}

function* specErrors(spec: unknown, path: string, inDeployment: boolean): Generator<FieldError> {
  const names = new Set<unknown>();
  for (const [index, volume] of listAt(spec, "volumes").entries()) {
    yield* volumeErrors(volume, names, `${path}.volumes[${index}]`);
    names.add(volume.name);
  }
  const containers = listAt(spec, "containers");
  if (containers.length === 0) yield { field: `${path}.containers`, what: "Required value" };
  const known = new Set<unknown>();
  for (const kind of ["initContainers", "containers"])
    for (const [index, container] of listAt(spec, kind).entries()) {
      yield* containerErrors(container, names, known, `${path}.${kind}[${index}]`);
      known.add(container.name);
    }
  const restartPolicy = textAt(spec, "restartPolicy") ?? "Always";
  if (inDeployment && restartPolicy !== "Always")
    yield {
      field: `${path}.restartPolicy`,
      what: `Unsupported value: "${restartPolicy}": supported values: "Always"`,
    };
  yield* labelErrors(mapAt(spec, "nodeSelector"), `${path}.nodeSelector`);
  for (const field of ["serviceAccountName", "priorityClassName"]) {
    const name = textAt(spec, field);
    if (name !== undefined && name !== "" && !subdomain(name))
      yield invalidValue(`${path}.${field}`, name, "a lowercase RFC 1123 subdomain is required");
  }
  if (textAt(spec, "dnsPolicy") === "None")
    yield { field: `${path}.dnsConfig.nameservers`, what: "Required value: with dnsPolicy None" };
  for (const field of ["fsGroup", "runAsUser"])
    yield* userErrors(mapAt(spec, "securityContext"), field, `${path}.securityContext`);
  for (const [index, toleration] of listAt(spec, "tolerations").entries())
    yield* tolerationErrors(toleration, `${path}.tolerations[${index}]`);
  for (const [index, alias] of listAt(spec, "hostAliases").entries())
    if (!/^(\d{1,3}\.){3}\d{1,3}$|^[0-9a-f:]+:[0-9a-f:]*$/.test(String(alias.ip)))
      yield invalidValue(`${path}.hostAliases[${index}].ip`, alias.ip, "must be a valid IP address");
}

function* volumeErrors(volume: JsonObject, names: ReadonlySet<unknown>, path: string): Generator<FieldError> {
  if (!dnsLabel(volume.name))
    yield invalidValue(`${path}.name`, volume.name, "a lowercase RFC 1123 label is required");
  if (names.has(volume.name)) yield { field: `${path}.name`, what: `Duplicate value: "${volume.name}"` };
  const sources = Object.keys(volume).filter((field) => field !== "name");
  if (sources.length > 1)
    yield { field: `${path}.${sources[1]}`, what: "Forbidden: may not specify more than 1 volume type" };
  if (isObject(volume.configMap) && !volume.configMap.name)
    yield { field: `${path}.configMap.name`, what: "Required value" };
  if (isObject(volume.secret) && !volume.secret.secretName)
    yield { field: `${path}.secret.secretName`, what: "Required value" };
  if (isObject(volume.persistentVolumeClaim) && !volume.persistentVolumeClaim.claimName)
    yield { field: `${path}.persistentVolumeClaim.claimName`, what: "Required value" };
  if (isObject(volume.hostPath) && !volume.hostPath.path)
    yield { field: `${path}.hostPath.path`, what: "Required value" };
  for (const source of ["configMap", "secret"]) {
    const mode = numberAt(volume, source, "defaultMode");
    if (mode !== undefined && (mode < 0 || mode > 0o777))
      yield invalidValue(
        `${path}.${source}.defaultMode`,
        mode,
        "must be a number between 0 and 0777 (octal)",
      );
  }
  const limit = mapAt(volume, "emptyDir").sizeLimit;
  if (limit !== undefined) yield* quantityErrors(limit, `${path}.emptyDir.sizeLimit`);
}

function* containerErrors(
  container: JsonObject,
  volumes: ReadonlySet<unknown>,
  known: ReadonlySet<unknown>,
  path: string,
): Generator<FieldError> {
  if (!dnsLabel(container.name))
    yield invalidValue(`${path}.name`, container.name, "a lowercase RFC 1123 label is required");
  if (known.has(container.name))
    yield { field: `${path}.name`, what: `Duplicate value: "${container.name}"` };
  if (!container.image) yield { field: `${path}.image`, what: "Required value" };
  yield* environmentErrors(container, path);
  for (const [index, port] of listAt(container, "ports").entries()) {
    const at = `${path}.ports[${index}]`;
    if (!isPort(port.containerPort))
      yield invalidValue(`${at}.containerPort`, port.containerPort, "must be between 1 and 65535, inclusive");
    if (port.name !== undefined && port.name !== "" && !isPortName(port.name))
      yield invalidValue(`${at}.name`, port.name, "must be an IANA service name");
  }
  yield* resourceErrors(container.resources, `${path}.resources`);
  const mounted = new Set<unknown>();
  for (const [index, mount] of listAt(container, "volumeMounts").entries()) {
    const at = `${path}.volumeMounts[${index}]`;
    if (!volumes.has(mount.name)) yield { field: `${at}.name`, what: `Not found: "${mount.name}"` };
    if (!mount.mountPath) yield { field: `${at}.mountPath`, what: "Required value" };
    if (mounted.has(mount.mountPath))
      yield invalidValue(`${at}.mountPath`, mount.mountPath, "must be unique");
    mounted.add(mount.mountPath);
    const inside = String(mount.subPath ?? "");
    if (inside.startsWith("/") || inside.split("/").includes(".."))
      yield invalidValue(`${at}.subPath`, inside, "must be a relative path without '..'");
  }
  if (/initContainers\[\d+\]$/.test(path))
    for (const field of ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"])
      if (container[field] !== undefined)
        yield { field: `${path}.${field}`, what: "Forbidden: may not be set for init containers that end" };
  for (const kind of ["livenessProbe", "readinessProbe", "startupProbe"])
    yield* probeErrors(container[kind], `${path}.${kind}`);
  const preStop = mapAt(container.lifecycle, "preStop");
  if (isObject(container.lifecycle) && isObject(container.lifecycle.preStop)) {
    if (preStop.exec === undefined)
      yield { field: `${path}.lifecycle.preStop`, what: "Required value: must specify a handler type" };
    else if (listOf(preStop.exec, "command").length === 0)
      yield { field: `${path}.lifecycle.preStop.exec.command`, what: "Required value" };
  }
  yield* userErrors(container.securityContext, "runAsUser", `${path}.securityContext`);
}

function* environmentErrors(container: JsonObject, path: string): Generator<FieldError> {
  for (const [index, variable] of listAt(container, "env").entries()) {
    const at = `${path}.env[${index}]`;
    const name = variable.name ?? "";
    if (name === "") yield { field: `${at}.name`, what: "Required value" };
    else if (!isEnvironmentName(String(name)))
      yield invalidValue(
        `${at}.name`,
        name,
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      );
    if (!isObject(variable.valueFrom)) continue;
    if (variable.value)
      yield invalidValue(`${at}.valueFrom`, "", "may not be specified when `value` is not empty");
    const sources = Object.entries(variable.valueFrom);
    if (sources.length !== 1)
      yield invalidValue(
        `${at}.valueFrom`,
        "",
        "must specify one of: `fieldRef`, `configMapKeyRef` or `secretKeyRef`",
      );
    for (const [kind, source] of sources) {
      if (kind === "fieldRef") {
        if (!fieldPaths.test(String(textAt(source, "fieldPath") ?? "")))
          yield invalidValue(
            `${at}.valueFrom.fieldRef.fieldPath`,
            textAt(source, "fieldPath"),
            "error converting fieldPath",
          );
      } else if (!/^[-._a-zA-Z0-9]{1,253}$/.test(textAt(source, "key") ?? ""))
        yield invalidValue(
          `${at}.valueFrom.${kind}.key`,
          textAt(source, "key"),
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        );
      if (kind !== "fieldRef" && !subdomain(textAt(source, "name") ?? ""))
        yield invalidValue(
          `${at}.valueFrom.${kind}.name`,
          textAt(source, "name"),
          "a lowercase RFC 1123 subdomain is required",
        );
    }
  }
  for (const [index, from] of listAt(container, "envFrom").entries()) {
    const at = `${path}.envFrom[${index}]`;
    const prefix = String(from.prefix ?? "");
    if (prefix !== "" && !isEnvironmentName(prefix))
      yield invalidValue(`${at}.prefix`, prefix, "a valid environment variable name is required");
    const sources = ["configMapRef", "secretRef"].filter((kind) => isObject(from[kind]));
    if (sources.length !== 1)
      yield invalidValue(at, "", "must specify one of: `configMapRef` or `secretRef`");
    for (const kind of sources) {
      const name = textAt(from[kind], "name") ?? "";
      if (!subdomain(name))
        yield invalidValue(`${at}.${kind}.name`, name, "a lowercase RFC 1123 subdomain is required");
    }
  }
}

const fieldPaths =
  /^(metadata\.(name|namespace|uid|labels\['.+'\]|annotations\['.+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIP|hostIPs|podIP|podIPs))$/;

function* resourceErrors(resources: unknown, path: string): Generator<FieldError> {
  const requests = mapAt(resources, "requests");
  const limits = mapAt(resources, "limits");
  for (const [bound, amounts] of [
    ["requests", requests],
    ["limits", limits],
  ] as const)
    for (const [name, amount] of Object.entries(amounts)) {
      const at = `${path}.${bound}[${name}]`;
      if (!isQualifiedName(name) || (!name.includes("/") && !isOwnResource(name)))
        yield invalidValue(`${path}.${bound}`, name, "must be a standard resource type or fully qualified");
      yield* quantityErrors(amount, at);
    }
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined || quantityOf(limit) === undefined || quantityOf(request) === undefined) continue;
    if (compareQuantities(parseQuantity(request as string), parseQuantity(limit as string)) > 0)
      yield invalidValue(
        `${path}.requests`,
        request,
        `must be less than or equal to ${name} limit of ${limit}`,
      );
  }
}

const isOwnResource = (name: string): boolean => /^(cpu|memory|ephemeral-storage|hugepages-.+)$/.test(name);

function* quantityErrors(amount: unknown, field: string): Generator<FieldError> {
  const value = quantityOf(amount);
  if (value === undefined) yield invalidValue(field, amount, "quantities must match the regular expression");
  else if (value.digits < 0n) yield invalidValue(field, amount, "must be greater than or equal to 0");
}

const quantityOf = (amount: unknown) => {
  try {
    return /\s/.test(String(amount)) ? undefined : parseQuantity(amount as string);
  } catch {
    return undefined;
  }
};

function* probeErrors(probe: unknown, path: string): Generator<FieldError> {
  if (!isObject(probe)) return;
  const handlers = ["httpGet", "exec", "tcpSocket", "grpc"].filter((kind) => probe[kind] !== undefined);
  if (handlers.length === 0) yield { field: path, what: "Required value: must specify a handler type" };
  if (isObject(probe.httpGet)) {
    const { port, path: url } = probe.httpGet;
    if (!isPort(port) && !isPortName(port))
      yield invalidValue(`${path}.httpGet.port`, port, "must be between 1 and 65535, inclusive");
    if (url === "") yield { field: `${path}.httpGet.path`, what: "Required value" };
  }
  for (const field of ["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold"])
    yield* minimumErrors(probe, field, 0, path);
}

function* tolerationErrors(
  { key, operator = "Equal", value = "", effect, tolerationSeconds }: JsonObject,
  path: string,
): Generator<FieldError> {
  if (key !== undefined && key !== "" && !isQualifiedName(String(key)))
    yield invalidValue(`${path}.key`, key, "a qualified name is required");
  if ((key === undefined || key === "") && operator !== "Exists")
    yield invalidValue(`${path}.operator`, operator, "operator must be Exists when `key` is empty");
  if (operator === "Exists" && value !== "")
    yield invalidValue(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'");
  if (operator === "Equal" && !labelValue(String(value)))
    yield invalidValue(`${path}.operator`, value, "a valid label value is required");
  if (tolerationSeconds !== undefined && effect !== "NoExecute")
    yield invalidValue(
      `${path}.effect`,
      effect,
      "effect must be 'NoExecute' when `tolerationSeconds` is set",
    );
}

function* labelErrors(labels: JsonObject, path: string): Generator<FieldError> {
  for (const [key, value] of Object.entries(labels)) {
    if (!isQualifiedName(key))
      yield invalidValue(path, key, "name part must consist of alphanumeric characters, '-', '_' or '.'");
    if (!labelValue(String(value)))
      yield invalidValue(
        path,
        value,
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'",
      );
  }
}

/** A user or a group. */
function* userErrors(object: unknown, field: string, path: string): Generator<FieldError> {
  const id = numberAt(object, field);
  if (id !== undefined && (id < 0 || id > 2_147_483_647))
    yield invalidValue(`${path}.${field}`, id, "must be between 0 and 2147483647, inclusive");
}

function* minimumErrors(object: unknown, field: string, least: number, path: string): Generator<FieldError> {
  const value = numberAt(object, field);
  if (value !== undefined && value < least)
    yield invalidValue(`${path}.${field}`, value, `must be greater than or equal to ${least}`);
}

const invalidValue = (field: string, value: unknown, why: string): FieldError => ({
  field,
  what: `Invalid value: ${JSON.stringify(value)}: ${why}`,
});

const mapAt = (object: unknown, field: string): JsonObject => {
  const found = isObject(object) ? object[field] : undefined;
  return isObject(found) ? found : {};
};

const listOf = (object: unknown, field: string): unknown[] => {
  const found = isObject(object) ? object[field] : undefined;
  return Array.isArray(found) ? found : [];
};

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = (name: string): boolean =>
  name.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(name);
const dnsLabel = (name: unknown): boolean =>
  typeof name === "string" && name.length <= 63 && new RegExp(`^${label}$`).test(name);
const labelValue = (value: string): boolean =>
  value.length <= 63 && /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value);
const isPort = (port: unknown): boolean =>
  Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535;
const isPortName = (name: unknown): boolean =>
  typeof name === "string" &&
  name.length <= 15 &&
  /^[a-z0-9-]*[a-z][a-z0-9-]*$/.test(name) &&
  !/^-|-$|--/.test(name);
const isEnvironmentName = (name: string): boolean => /^[ -<>-~]+$/.test(name);

export const isQualifiedName = (name: string): boolean => {
  const [own = "", prefix, ...more] = name.split("/").reverse();
  if (more.length > 0 || (prefix !== undefined && !subdomain(prefix))) return false;
  return own.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(own);
};
