import {
  boolean,
  type FieldType,
  int32,
  int64,
  list,
  map,
  oneOf,
  quantity,
  string,
} from "../../../../src/api/declaration.ts";

/**
 * The common fields of a pod with their types, which the API server's decoder checks. The edits of test/sim/edits are
 * generated from the same declaration.
 */

const fields = (types: Readonly<Record<string, FieldType>>): FieldType => ({
  kind: "object",
  name: "",
  model: "kubernetes",
  fields: Object.entries(types).map(([name, type]) => ({ name, type, doc: "" })),
});

/** The decoder treats "" as absent. */
const words = (...values: string[]): FieldType => oneOf(["", ...values]);

const portNumber = quantity;

const probe = fields({
  httpGet: fields({ path: string, port: portNumber, scheme: words("HTTP", "HTTPS") }),
  initialDelaySeconds: int32,
  periodSeconds: int32,
  timeoutSeconds: int32,
  failureThreshold: int32,
});

const securityContext = fields({ runAsUser: int64, runAsNonRoot: boolean, privileged: boolean });

const keyOf = fields({ name: string, key: string, optional: boolean });

const environmentVariable = fields({
  name: string,
  value: string,
  valueFrom: fields({
    secretKeyRef: keyOf,
    configMapKeyRef: keyOf,
    fieldRef: fields({ fieldPath: string }),
  }),
});

const containerType = fields({
  name: string,
  image: string,
  imagePullPolicy: words("Always", "IfNotPresent", "Never"),
  command: list(string),
  args: list(string),
  workingDir: string,
  env: list(environmentVariable),
  envFrom: list(
    fields({ prefix: string, configMapRef: fields({ name: string }), secretRef: fields({ name: string }) }),
  ),
  ports: list(fields({ name: string, containerPort: int32, protocol: words("TCP", "UDP", "SCTP") })),
  resources: fields({ requests: map(quantity), limits: map(quantity) }),
  volumeMounts: list(fields({ name: string, mountPath: string, subPath: string, readOnly: boolean })),
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: fields({ preStop: fields({ exec: fields({ command: list(string) }) }) }),
  securityContext,
  terminationMessagePolicy: words("File", "FallbackToLogsOnError"),
});

const volume = fields({
  name: string,
  emptyDir: fields({ medium: string, sizeLimit: quantity }),
  configMap: fields({ name: string, optional: boolean, defaultMode: int32 }),
  secret: fields({ secretName: string, optional: boolean, defaultMode: int32 }),
  persistentVolumeClaim: fields({ claimName: string, readOnly: boolean }),
  hostPath: fields({ path: string, type: string }),
});

const toleration = fields({
  key: string,
  operator: words("Exists", "Equal"),
  value: string,
  effect: words("NoSchedule", "PreferNoSchedule", "NoExecute"),
  tolerationSeconds: int64,
});

export const podTemplateType = fields({
  metadata: fields({ labels: map(string), annotations: map(string) }),
  spec: fields({
    containers: list(containerType),
    initContainers: list(containerType),
    volumes: list(volume),
    restartPolicy: words("Always", "OnFailure", "Never"),
    terminationGracePeriodSeconds: int64,
    dnsPolicy: words("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    nodeSelector: map(string),
    serviceAccountName: string,
    automountServiceAccountToken: boolean,
    hostNetwork: boolean,
    securityContext: fields({ fsGroup: int64, runAsUser: int64, runAsNonRoot: boolean }),
    imagePullSecrets: list(fields({ name: string })),
    schedulerName: string,
    tolerations: list(toleration),
    hostAliases: list(fields({ ip: string, hostnames: list(string) })),
    priorityClassName: string,
  }),
});
