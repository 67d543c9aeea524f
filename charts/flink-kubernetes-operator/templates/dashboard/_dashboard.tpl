{{- define "flink-operator.dashboardName" -}}
{{ printf "%s-dashboard" (include "flink-operator.name" . | trunc 53 | trimSuffix "-") }}
{{- end }}

{{/* Other labels than the operator's: no selector of the operator finds the dashboard's pods. */}}
{{- define "flink-operator.dashboardSelectorLabels" -}}
app.kubernetes.io/name: {{ include "flink-operator.dashboardName" . }}
{{- end }}

{{- define "flink-operator.dashboardLabels" -}}
{{- $labels := include "flink-operator.labels" . | fromYaml }}
{{- merge (include "flink-operator.dashboardSelectorLabels" . | fromYaml) $labels | toYaml }}
{{- end }}

{{- define "flink-operator.dashboardKeySecret" -}}
{{- default (printf "%s-session" (include "flink-operator.dashboardName" .)) .Values.dashboard.sessionKeySecret }}
{{- end }}

{{/* The file of options (docs/dashboard.md). */}}
{{- define "flink-operator.dashboardOptions" -}}
{{- with .Values.dashboard }}
port: 8090
{{- with .publicUrl }}
publicUrl: {{ . | quote }}
{{- end }}
plainHttp: {{ .plainHttp }}
sessionHours: {{ .sessionHours }}
sessionKeyFile: /etc/flink-dashboard/session/key
trustedProxies: {{ .trustedProxies | toJson }}
clusters:
  - name: {{ .clusterName | quote }}
    server: https://kubernetes.default.svc
    caFile: /etc/flink-dashboard/cluster/ca.crt
    namespaces: {{ default $.Values.watchNamespaces .namespaces | toJson }}
    operatorConfigFolder: /opt/flink/conf
    {{- with .loginHeader }}
    loginHeader: {{ . | quote }}
    {{- end }}
    {{- with .oidc }}
    oidc:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- with .otherClusters }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}
