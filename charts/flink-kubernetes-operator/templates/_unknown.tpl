{{/* Each value of .values, below .path, that is not in .known, with the known name that is similar. */}}
{{- define "flink-operator.unknownValues" -}}
{{- $known := .known -}}
{{- $path := .path -}}
{{- range $name, $value := .values -}}
{{- $below := get $known $name -}}
{{- if not (hasKey $known $name) }}
  {{ $path }}{{ $name }}{{ include "flink-operator.similarValue" (dict "name" $name "known" $known) }}
{{- else if and (kindIs "map" $below) (kindIs "map" $value) -}}
{{- include "flink-operator.unknownValues" (dict "values" $value "known" $below "path" (printf "%s%s." $path $name)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The first name in .known that differs from .name by case, by one added, missing or other letter, or by two swapped letters. */}}
{{- define "flink-operator.similarValue" -}}
{{- $name := lower .name -}}
{{- $found := "" -}}
{{- range $candidate, $_ := .known -}}
{{- $other := lower $candidate -}}
{{- $isNear := or (eq $name $other) (eq (splitList "" $name | sortAlpha | join "") (splitList "" $other | sortAlpha | join "")) -}}
{{- range $at := until (max (len $name) (len $other) | int) -}}
{{- $next := add1 $at | int -}}
{{- $without := $name -}}
{{- if lt $at (len $name) }}{{ $without = printf "%s%s" (substr 0 $at $name) (substr $next (len $name) $name) }}{{ end -}}
{{- $otherWithout := $other -}}
{{- if lt $at (len $other) }}{{ $otherWithout = printf "%s%s" (substr 0 $at $other) (substr $next (len $other) $other) }}{{ end -}}
{{- if or (eq $without $other) (eq $name $otherWithout) (eq $without $otherWithout) }}{{ $isNear = true }}{{ end -}}
{{- end -}}
{{- if and $isNear (not $found) }}{{ $found = $candidate }}{{ end -}}
{{- end -}}
{{- with $found }} (did you mean {{ . }}?){{ end -}}
{{- end -}}
