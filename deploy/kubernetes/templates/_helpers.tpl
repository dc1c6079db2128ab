{{- define "tallystick.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Name and values of a service, for all templates. */}}
{{- define "tallystick.services" -}}
job-intake: jobIntake
credit-ledger: creditLedger
billing: billing
{{- end }}

{{- define "tallystick.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tallystick.labels" -}}
{{ include "tallystick.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Secrets are files, because every child process and every dump contains the environment. */}}
{{- define "tallystick.environment" -}}
{{- $keys := .root.Values.secret.keys -}}
- { name: TALLY_LISTEN, value: '0.0.0.0:4400' }
- { name: TALLY_INTERNAL_LISTEN, value: '0.0.0.0:4401' }
- { name: TALLY_LOG_FORMAT, value: json }
- { name: TALLY_STOP_SECONDS, value: {{ .root.Values.stopSeconds | quote }} }
- { name: TALLY_OPERATOR_KEY_FILE, value: {{ printf "/keys/%s" $keys.operatorKey | quote }} }
- { name: TALLY_LEDGER_KEY_FILE, value: {{ printf "/keys/%s" $keys.ledgerKey | quote }} }
- { name: TALLY_VIEWS_FILE, value: {{ printf "/keys/%s" $keys.views | quote }} }
{{- if $keys.bus }}
- { name: TALLY_BUS_FILE, value: {{ printf "/keys/%s" $keys.bus | quote }} }
{{- else }}
- { name: TALLY_BUS, value: {{ required "bus (or secret.keys.bus): where Kafka is" .root.Values.bus | quote }} }
{{- end }}
{{- if ne .name "credit-ledger" }}
- { name: TALLY_LEDGER_URL, value: {{ printf "http://%s-credit-ledger:4401" (include "tallystick.fullname" .root) | quote }} }
{{- end }}
{{- if eq .name "job-intake" }}
- { name: TALLY_BILLING_URL, value: {{ printf "http://%s-billing:4401" (include "tallystick.fullname" .root) | quote }} }
{{- else if $keys.eventStore }}
- { name: TALLY_EVENT_STORE_FILE, value: {{ printf "/keys/%s" $keys.eventStore | quote }} }
{{- else }}
- { name: TALLY_EVENT_STORE, value: {{ required "eventStore (or secret.keys.eventStore): where EventStoreDB is" .root.Values.eventStore | quote }} }
{{- end }}
{{- if .root.Values.catalog }}
- { name: TALLY_CATALOG, value: /catalog/catalog.yaml }
{{- end }}
{{- range $name, $value := .root.Values.settings }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
