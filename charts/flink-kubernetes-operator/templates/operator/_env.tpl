{{/* What every process of the pod knows of its place. */}}
{{- define "flink-operator.podEnv" -}}
- name: OPERATOR_NAME
  value: {{ include "flink-operator.name" . }}
- name: OPERATOR_IMAGE
  value: {{ include "flink-operator.image" . }}
- name: FLINK_CONF_DIR
  value: /opt/flink/conf
- name: LOG_FORMAT
  value: {{ .Values.logging.format }}
{{- range $name, $path := dict "OPERATOR_NAMESPACE" "metadata.namespace" "POD_NAME" "metadata.name" "POD_IP" "status.podIP" "HOST_IP" "status.hostIP" }}
- name: {{ $name }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $path }}
{{- end }}
{{- end }}
