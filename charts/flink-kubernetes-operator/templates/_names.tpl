{{/* Names and labels are the Java operator's: an upgrade from its chart finds its own objects. */}}

{{- define "flink-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "flink-operator.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $whole := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $whole .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "flink-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "flink-operator.name" . }}
{{- end }}

{{- define "flink-operator.labels" -}}
{{ include "flink-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "flink-operator.serviceAccountName" -}}
{{- $own := ternary (include "flink-operator.fullname" .) "default" .Values.operatorServiceAccount.create }}
{{- default $own .Values.operatorServiceAccount.name }}
{{- end }}

{{- define "flink-operator.jobServiceAccountName" -}}
{{- $own := ternary (include "flink-operator.fullname" .) "default" .Values.jobServiceAccount.create }}
{{- default $own .Values.jobServiceAccount.name }}
{{- end }}

{{- define "flink-operator.webhookConfigurationName" -}}
flink-operator-{{ .Release.Namespace }}-webhook-configuration
{{- end }}

{{- define "flink-operator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end }}
{{- end }}
{{- end }}

{{/* The namespaces of jobs, as JSON. */}}
{{- define "flink-operator.jobNamespaces" -}}
{{- default (list .Release.Namespace) .Values.watchNamespaces | uniq | toJson }}
{{- end }}

{{/* Our defaults under the user's: takes a list of both. */}}
{{- define "flink-operator.over" -}}
{{- mergeOverwrite (deepCopy (index . 0)) (deepCopy (default dict (index . 1))) | toYaml }}
{{- end }}

{{- define "flink-operator.podSecurityContext" -}}
{{- $hardened := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") }}
{{- include "flink-operator.over" (list $hardened .Values.podSecurityContext) }}
{{- end }}

{{/* Takes the context of the container. */}}
{{- define "flink-operator.containerSecurityContext" -}}
{{- $none := dict "drop" (list "ALL") }}
{{- $hardened := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" $none }}
{{- include "flink-operator.over" (list $hardened .) }}
{{- end }}
