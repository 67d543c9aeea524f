{{/*
A role and its binding to the operator's account: takes root, kind ("Role" or "ClusterRole"), name, binding, rules, and
for a Role its namespace.
*/}}
{{- define "flink-operator.granted" -}}
{{- if .root.Values.rbac.operatorRole.create }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "flink-operator.labels" .root | nindent 4 }}
rules:
  {{- .rules | nindent 2 }}
{{- end }}
{{- if .root.Values.rbac.operatorRoleBinding.create }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ .binding }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "flink-operator.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "flink-operator.serviceAccountName" .root }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}
{{- end }}
