{{/* "true" where the webhook is wanted, else empty. Takes the root context. */}}
{{- define "flink-operator.validatorEnabled" -}}
{{- $own := .Values.webhook.validator.create }}
{{- ternary "true" "" (ternary .Values.webhook.create $own (kindIs "invalid" $own)) }}
{{- end }}

{{- define "flink-operator.mutatorEnabled" -}}
{{- $own := .Values.webhook.mutator.create }}
{{- ternary "true" "" (ternary .Values.webhook.create $own (kindIs "invalid" $own)) }}
{{- end }}

{{- define "flink-operator.webhookEnabled" -}}
{{- or (include "flink-operator.validatorEnabled" .) (include "flink-operator.mutatorEnabled" .) }}
{{- end }}

{{/* All that the webhook's process is told: how it is started and certified. */}}
{{- define "flink-operator.webhookProcess" -}}
args: [admission]
env:
  {{- include "flink-operator.podEnv" . | nindent 2 }}
  - name: WEBHOOK_SERVER_PORT
    value: "9443"
  - name: WEBHOOK_CERTIFICATES
    value: {{ .Values.webhook.certificates }}
  - name: WEBHOOK_CERTIFICATE_SECRET
    value: {{ .Values.webhook.certificateSecret }}
  {{- if eq .Values.webhook.certificates "self-managed" }}
  - name: WEBHOOK_SERVICE_NAME
    value: flink-operator-webhook-service
  - name: WEBHOOK_CONFIGURATION
    value: {{ include "flink-operator.webhookConfigurationName" . }}
  {{- else }}
  - name: WEBHOOK_CERTIFICATE_DIR
    value: /certs
  {{- end }}
  {{- with .Values.operatorPod.webhook.container.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "flink-operator.webhookContainer" -}}
- name: flink-webhook
  image: {{ include "flink-operator.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  {{- include "flink-operator.webhookProcess" . | nindent 2 }}
  ports:
    - name: webhook
      containerPort: 9443
  readinessProbe:
    tcpSocket:
      port: webhook
    periodSeconds: 2
  resources:
    {{- toYaml .Values.operatorPod.webhook.resources | nindent 4 }}
  securityContext:
    {{- include "flink-operator.containerSecurityContext" .Values.webhookSecurityContext | nindent 4 }}
  volumeMounts:
    - name: flink-operator-config-volume
      mountPath: /opt/flink/conf
    {{- if ne .Values.webhook.certificates "self-managed" }}
    - name: keystore
      mountPath: /certs
      readOnly: true
    {{- end }}
{{- end }}

{{- define "flink-operator.webhookVolumes" -}}
{{- if ne .Values.webhook.certificates "self-managed" }}
- name: keystore
  secret:
    secretName: {{ .Values.webhook.certificateSecret }}
{{- end }}
{{- end }}

{{/* One webhook: takes root, name, path, resources. */}}
{{- define "flink-operator.webhook" -}}
- name: {{ .name }}
  admissionReviewVersions: [v1]
  clientConfig:
    service:
      name: flink-operator-webhook-service
      namespace: {{ .root.Release.Namespace }}
      path: {{ .path }}
    {{- if eq .root.Values.webhook.certificates "secret" }}
    caBundle: {{ required "webhook.caBundle must name the authority of webhook.certificateSecret: its PEM in base64" .root.Values.webhook.caBundle }}
    {{- end }}
  rules:
    - apiGroups: [flink.apache.org]
      apiVersions: ["*"]
      operations: [CREATE, UPDATE]
      resources: {{ .resources | toJson }}
      scope: Namespaced
  sideEffects: None
  failurePolicy: {{ .root.Values.webhook.failurePolicy }}
  timeoutSeconds: {{ .root.Values.webhook.timeoutSeconds }}
  {{- with include "flink-operator.webhookNamespaces" .root }}
  namespaceSelector:
    {{- . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "flink-operator.webhookNamespaces" -}}
{{- $selector := deepCopy .Values.webhook.namespaceSelector }}
{{- with .Values.watchNamespaces }}
{{- $watched := dict "key" "kubernetes.io/metadata.name" "operator" "In" "values" . }}
{{- $_ := set $selector "matchExpressions" (append (default list $selector.matchExpressions) $watched) }}
{{- end }}
{{- with $selector }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{- define "flink-operator.webhookAnnotations" -}}
{{- if eq .Values.webhook.certificates "cert-manager" }}
  annotations:
    cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/flink-operator-serving-cert
{{- end }}
{{- end }}
