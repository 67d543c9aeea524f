{{/* Adds every scalar of `tree` to the dict `into`, under its keys joined by dots. */}}
{{- define "flink-operator.flatten" -}}
{{- range $key, $value := .tree }}
{{- $path := printf "%s%s" $.prefix $key }}
{{- if kindIs "map" $value }}
{{- include "flink-operator.flatten" (dict "tree" $value "prefix" (printf "%s." $path) "into" $.into) }}
{{- else }}
{{- $_ := set $.into $path (toString $value) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The options that the user gives in either form, by their whole keys, as JSON. */}}
{{- define "flink-operator.userOptions" -}}
{{- $options := dict }}
{{- $text := index .Values.defaultConfiguration "config.yaml" }}
{{- if not .Values.defaultConfiguration.create }}
{{- else if $text }}
{{- $tree := fromYaml $text }}
{{- with $tree.Error }}
{{- fail (printf "defaultConfiguration.config.yaml is not YAML: %s" .) }}
{{- end }}
{{- include "flink-operator.flatten" (dict "tree" $tree "prefix" "" "into" $options) }}
{{- else }}
{{- range regexFindAll "(?m)^[^#\\n]+?: .*$" (default "" (index .Values.defaultConfiguration "flink-conf.yaml")) -1 }}
{{- $parts := splitn ": " 2 . }}
{{- $_ := set $options (trim $parts._0) (trim (regexReplaceAll "#.*$" $parts._1 "")) }}
{{- end }}
{{- end }}
{{- toJson $options }}
{{- end }}

{{/* Among how many pods the namespaces are divided. */}}
{{- define "flink-operator.shards" -}}
{{- get (include "flink-operator.userOptions" . | fromJson) "kubernetes.operator.shards" | default .Values.shards | int }}
{{- end }}

{{/* One pod for each shard and one that stands by, or as many as the user wants, if that is more or none. */}}
{{- define "flink-operator.replicas" -}}
{{- $shards := include "flink-operator.shards" . | int }}
{{- $replicas := int .Values.replicas }}
{{- ternary (max $replicas (add1 $shards)) $replicas (and (gt $shards 1) (gt $replicas 0)) }}
{{- end }}

{{/* "true" where several pods agree on the one that acts, else empty. */}}
{{- define "flink-operator.leaderElection" -}}
{{- $needed := or (gt (int (include "flink-operator.replicas" .)) 1) (ne .Values.strategy.type "Recreate") (gt (int (include "flink-operator.shards" .)) 1) }}
{{- $asked := ternary $needed .Values.leaderElection.enabled (kindIs "invalid" .Values.leaderElection.enabled) }}
{{- $options := include "flink-operator.userOptions" . | fromJson }}
{{- $enabled := eq (get $options "kubernetes.operator.leader-election.enabled" | default (toString $asked)) "true" }}
{{- if and $needed (not $enabled) .Values.defaultConfiguration.create }}
{{- fail "shards or replicas above 1 and strategy.type RollingUpdate need leader election, or two operators would act: leave leaderElection.enabled and kubernetes.operator.leader-election.enabled away, or set them to true" }}
{{- end }}
{{- ternary "true" "" $enabled }}
{{- end }}

{{/* What the chart says in the operator's configuration, by key, as JSON; the user's own words go before it. */}}
{{- define "flink-operator.chartOptions" -}}
{{- $options := dict }}
{{- with .Values.watchNamespaces }}
{{- $_ := set $options "kubernetes.operator.watched.namespaces" (join "," .) }}
{{- end }}
{{- with .Values.operatorHealth }}
{{- $_ := set $options "kubernetes.operator.health.probe.enabled" "true" }}
{{- $_ := set $options "kubernetes.operator.health.probe.port" (toString .port) }}
{{- end }}
{{- if include "flink-operator.leaderElection" . }}
{{- $_ := set $options "kubernetes.operator.leader-election.enabled" "true" }}
{{- $_ := set $options "kubernetes.operator.leader-election.lease-name" .Values.leaderElection.leaseName }}
{{- end }}
{{- $shards := include "flink-operator.shards" . }}
{{- if ne $shards "1" }}
{{- $_ := set $options "kubernetes.operator.shards" $shards }}
{{- end }}
{{- toJson $options }}
{{- end }}

{{/*
The configuration file: the chart's own, the user's text as it is, and what follows from other values. No key comes
twice, since YAML has no such thing.
*/}}
{{- define "flink-operator.configuration" -}}
{{- $given := index .Values.defaultConfiguration "config.yaml" | default (index .Values.defaultConfiguration "flink-conf.yaml") | default "" }}
{{- $user := include "flink-operator.userOptions" . | fromJson }}
{{- if .Values.defaultConfiguration.append }}
{{- range $line := splitList "\n" (trim (.Files.Get "conf/config.yaml")) }}
{{- if not (hasKey $user (first (splitList ": " $line))) }}
{{ $line }}
{{- end }}
{{- end }}
{{- end }}
{{- /* A map in braces is all of its text: nothing could be added to it. */}}
{{- if hasPrefix "{" (trim $given) }}
{{- $given = empty $user | ternary "" (fromYaml $given | toYaml) }}
{{- end }}
{{ trim $given }}
{{- range $key, $value := include "flink-operator.chartOptions" . | fromJson }}
{{- if not (hasKey $user $key) }}
{{ $key }}: {{ $value }}
{{- end }}
{{- end }}
{{- end }}

{{/* A logging file: takes the root context and its name. */}}
{{- define "flink-operator.loggingFile" -}}
{{- $root := index . 0 }}
{{- $name := index . 1 }}
{{- if $root.Values.defaultConfiguration.append }}
{{- $root.Files.Get (printf "conf/%s" $name) }}
{{- end }}
{{- index $root.Values.defaultConfiguration $name | default "" }}
{{- end }}

{{/* The files of the ConfigMap by name, as JSON. */}}
{{- define "flink-operator.files" -}}
{{- $isYaml := not (empty (index .Values.defaultConfiguration "config.yaml")) }}
{{- $files := dict (ternary "config.yaml" "flink-conf.yaml" $isYaml) (include "flink-operator.configuration" . | trim) }}
{{- range $name := list "log4j-operator.properties" "log4j-console.properties" "logback-operator.xml" "logback-console.xml" }}
{{- with include "flink-operator.loggingFile" (list $ $name) | trim }}
{{- $_ := set $files $name . }}
{{- end }}
{{- end }}
{{- toJson $files }}
{{- end }}
